//! One request, one reply: the client of the engine's REST API.
//!
//! [`Engine`] is the seam that the rest of the program uses; [`Client`] is the real one. It logs in,
//! repeats what may be repeated, and tells apart by [`Meaning`] what may not. Below it lies a second
//! seam, [`Transport`], which moves bytes: [`Https`] in production.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! # use std::sync::Arc;
//! use virtuform::engine::{Client, Engine, EngineUrl, Https, HttpsOptions, Request, Settings};
//!
//! let url = EngineUrl::parse("https://engine.example.com")?;
//! let https = Https::new(HttpsOptions::default())?;
//! let client = Client::new(Settings::new(url, "admin@internal", "secret", 1), Arc::new(https));
//! let vms = client.send(Request::get("vms")).await?.element()?;
//! println!("{} machines", vms.children().len());
//! client.close().await;
//! # Ok(())
//! # }
//! ```

mod backoff;
mod broken;
mod certificate;
mod client;
mod encode;
mod fault;
mod hint;
mod https;
mod login;
mod pages;
mod pin;
mod printable;
mod refusal;
mod reply;
mod request;
mod session;
mod settings;
mod trust;
mod url;
mod wire;

use std::sync::Arc;

use bytes::Bytes;

pub use broken::{Broken, How};
pub use client::Client;
pub use encode::segment;
pub use fault::{Fault, Meaning, Said};
pub use http::Method;
pub use https::{BadTrust, Https, HttpsOptions};
pub use pages::pages;
pub use printable::printable;
pub use reply::Reply;
pub use request::Request;
pub use settings::{Patience, Settings};
pub use trust::Trust;
pub use url::{BadUrl, EngineUrl};
pub use wire::Transport;

/// The engine, seen from the program: requests go in, replies come out.
pub trait Engine: Send + Sync + 'static {
    /// Sends one request and waits for its reply.
    ///
    /// # Errors
    /// A [`Fault`] once the request was refused for good, or not answered for too long.
    fn send(&self, request: Request) -> impl Future<Output = Result<Reply, Fault>> + Send;

    /// Sends bytes to an address that the engine has handed out, of a host or a proxy, which is
    /// trusted as the engine is. Once, and without the session: the address is the key. What hands
    /// out no addresses sends nothing there.
    ///
    /// # Errors
    /// What broke before there was an answer.
    fn exchange(
        &self,
        request: http::Request<Bytes>,
    ) -> impl Future<Output = Result<http::Response<Bytes>, Broken>> + Send {
        let host = request.uri().host().unwrap_or_default().to_owned();
        async move { Err(Broken::new(How::NotConnected, format!("there is no way to `{host}`"))) }
    }
}

impl<E: Engine> Engine for Arc<E> {
    fn send(&self, request: Request) -> impl Future<Output = Result<Reply, Fault>> + Send {
        E::send(self, request)
    }

    fn exchange(
        &self,
        request: http::Request<Bytes>,
    ) -> impl Future<Output = Result<http::Response<Bytes>, Broken>> + Send {
        E::exchange(self, request)
    }
}
