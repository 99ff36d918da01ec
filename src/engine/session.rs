//! One login, shared by all requests.

use secrecy::SecretString;
use tokio::sync::Mutex;

use super::wire::Wire;
use super::{Fault, Settings, login};

/// The token in use. Whoever needs a new one logs in while the others wait.
#[derive(Default)]
pub(super) struct Session(Mutex<State>);

#[derive(Default)]
struct State {
    logins: u64,
    token: Option<SecretString>,
    /// A refused login is never tried again: with many requests waiting for it, that would lock
    /// the account in a moment. What is no engine does not become one meanwhile.
    refused: Option<Fault>,
}

/// A token, and which login it came from.
#[derive(Clone)]
pub(super) struct Token {
    pub secret: SecretString,
    login: u64,
}

impl Session {
    /// The token in use, or that of a new login if there is none or it is the `stale` one.
    pub async fn token(
        &self,
        wire: &Wire,
        settings: &Settings,
        stale: Option<&Token>,
    ) -> Result<Token, Fault> {
        let mut state = self.0.lock().await;
        if let Some(fault) = &state.refused {
            return Err(fault.clone());
        }
        if stale.is_some_and(|token| token.login == state.logins) {
            state.token = None;
        }
        if let Some(secret) = &state.token {
            return Ok(Token { secret: secret.clone(), login: state.logins });
        }
        let secret = match login::log_in(wire, settings).await {
            Ok(secret) => secret,
            Err(fault) => {
                state.refused = Some(&fault).filter(|f| is_refusal(f)).cloned();
                return Err(fault);
            }
        };
        state.logins += 1;
        state.token = Some(secret.clone());
        Ok(Token { secret, login: state.logins })
    }

    /// Ends the session; the next request would begin another.
    pub async fn close(&self, wire: &Wire) {
        let mut state = self.0.lock().await;
        if let Some(secret) = state.token.take() {
            login::log_out(wire, &secret).await;
        }
    }
}

fn is_refusal(fault: &Fault) -> bool {
    matches!(fault, Fault::LoginRefused { .. } | Fault::NotAnEngine { .. })
}
