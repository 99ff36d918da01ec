//! The simulated engine over HTTPS, as clients meet it.

use std::time::Duration;

use virtuform::simulated::server::{ServeOptions, Server, serve};
use virtuform::simulated::{Effect, Lab, Options, Simulated, Trouble};

async fn start() -> (Server, reqwest::Client) {
    start_with(&Lab::default()).await
}

/// Serves a lab to a client that trusts it.
pub async fn start_with(lab: &Lab) -> (Server, reqwest::Client) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut engine = Simulated::new(Options::default());
    engine.lab(lab);
    let server = serve(engine, ServeOptions { speed: 100.0, ..Default::default() }).await.unwrap();
    let ca = reqwest::Certificate::from_pem(server.ca_pem.as_bytes()).unwrap();
    let client = reqwest::Client::builder().no_gzip().tls_certs_only([ca]).build().unwrap();
    (server, client)
}

fn beside_api(server: &Server, path: &str) -> String {
    server.url.replace("/ovirt-engine/api", path)
}

/// Gets a token.
pub async fn login(server: &Server, client: &reqwest::Client) -> String {
    let reply = client
        .post(beside_api(server, "/ovirt-engine/sso/oauth/token"))
        .header("Accept", "application/json")
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body("grant_type=password&username=admin%40internal&password=secret&scope=ovirt-app-api")
        .send()
        .await
        .unwrap();
    assert_eq!(reply.status(), 200);
    let json: serde_json::Value = serde_json::from_str(&reply.text().await.unwrap()).unwrap();
    assert_eq!(json["exp"], "9223372036854775807");
    json["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_logs_in_reads_and_writes() {
    let (server, client) = start().await;
    let token = login(&server, &client).await;
    let get = |path: &str| {
        client.get(format!("{}{path}", server.url)).bearer_auth(&token).header("Version", "4")
    };
    let reply = get("").header("Correlation-Id", "a b!c").send().await.unwrap();
    assert_eq!(reply.headers()["Correlation-Id"], "abc");
    assert_eq!(reply.headers()["Content-Type"], "application/xml;charset=UTF-8");
    assert!(reply.text().await.unwrap().contains("<vendor>ovirt.org</vendor>"));
    let hosts = get("/hosts?search=status%3Dup").send().await.unwrap().text().await.unwrap();
    assert!(hosts.contains("host-1") && hosts.contains("host-2"), "{hosts}");
    let made = client
        .post(format!("{}/tags", server.url))
        .bearer_auth(&token)
        .header("Content-Type", "application/xml")
        .body("<tag><name>blue</name></tag>")
        .send()
        .await
        .unwrap();
    assert_eq!(made.status(), 201);
    let location = made.headers()["Location"].to_str().unwrap().to_owned();
    assert!(location.starts_with(&server.url), "{location}");
    let simulated = std::sync::Arc::clone(&server.simulated);
    assert_eq!(simulated.lock().unwrap().writes(), 1);
    assert_eq!(simulated.lock().unwrap().requests().len(), 4);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_unknown_is_unauthorized_first() {
    let (server, client) = start().await;
    let reply = client.get(format!("{}/nothing", server.url)).send().await.unwrap();
    assert_eq!(reply.status(), 401);
    assert_eq!(reply.headers()["WWW-Authenticate"], "Basic realm=\"RESTAPI\"");
    assert!(!reply.headers().contains_key("Correlation-Id"));
    assert!(reply.text().await.unwrap().starts_with("<html>"));
    let health = beside_api(&server, "/ovirt-engine/services/health");
    let health = client.get(health).send().await.unwrap().text().await.unwrap();
    assert_eq!(health, "DB Up!Welcome to Health Status!");
    let pki = "/ovirt-engine/services/pki-resource?resource=ca-certificate&format=X509-PEM-CA";
    let pki = client.get(beside_api(&server, pki)).send().await.unwrap();
    assert_eq!(pki.text().await.unwrap(), server.ca_pem);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_break_before_or_after_the_effect() {
    let (server, client) = start().await;
    let token = login(&server, &client).await;
    let post = |name: &str| {
        client
            .post(format!("{}/tags", server.url))
            .bearer_auth(&token)
            .header("Content-Type", "application/xml")
            .timeout(Duration::from_secs(5))
            .body(format!("<tag><name>{name}</name></tag>"))
            .send()
    };
    {
        let mut engine = server.simulated.lock().unwrap();
        engine.trouble(Trouble::on("POST", "/tags", Effect::DropBefore));
        engine.trouble(Trouble::on("POST", "/tags", Effect::DropAfter).nth(2));
    }
    let error = post("before").await.unwrap_err();
    assert!(!error.is_timeout(), "{error}");
    assert!(post("after").await.is_err());
    let tags = server.simulated.lock().unwrap().direct("GET", "/tags", "").1.unwrap().to_string();
    assert!(tags.contains("<name>after</name>") && !tags.contains("<name>before</name>"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_action_waits_as_long_as_it_is_to() {
    let (server, client) = start().await;
    let token = login(&server, &client).await;
    let begun = std::time::Instant::now();
    let reply = client
        .post(format!("{}/events/undelete", server.url))
        .bearer_auth(&token)
        .header("Content-Type", "application/xml")
        .body("<action><grace_period><expiry>30000</expiry></grace_period></action>")
        .send()
        .await
        .unwrap();
    assert_eq!(reply.status(), 200);
    assert!(begun.elapsed() >= Duration::from_millis(300), "30 s, a hundred times as fast");
}
