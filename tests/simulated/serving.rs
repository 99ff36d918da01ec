//! Long lists: written piece by piece, while the engine goes on answering.

use std::time::Duration;

use bytes::Bytes;
use virtuform::simulated::{Lab, Options, Simulated};
use virtuform::xml::{self, Element};

use crate::asking::Asking;
use crate::server::{login, start_with};

const MACHINES: usize = 300;

fn large() -> Asking {
    let mut engine = Simulated::new(Options::default());
    engine.lab(&Lab::large(MACHINES));
    let mut asking = Asking::of(engine);
    asking.login();
    asking
}

/// The pieces of a list; `meanwhile` happens after the first.
fn pieces(it: &mut Asking, path: &str, meanwhile: impl FnOnce(&mut Simulated)) -> Vec<Bytes> {
    let request = it.request("GET", path, "");
    let mut body = it.engine.begin(Duration::ZERO, &request).unwrap().into_body();
    let mut pieces: Vec<Bytes> = it.engine.next(&mut body).into_iter().collect();
    meanwhile(&mut it.engine);
    while let Some(piece) = it.engine.next(&mut body) {
        pieces.push(piece);
    }
    pieces
}

/// How many machines there are: the lab has some of its own.
fn all(engine: &mut Simulated) -> usize {
    engine.direct("GET", "/vms", "").1.unwrap().children().len()
}

fn names(document: &[u8]) -> Vec<String> {
    let list = xml::parse(document).unwrap();
    list.children().iter().filter_map(|it| it.text_at("name")).map(str::to_owned).collect()
}

#[test]
fn a_list_comes_in_pieces_that_make_a_document() {
    let mut it = large();
    let pieces = pieces(&mut it, "/vms", |_| {});
    assert!(pieces.len() > 5, "{}", pieces.len());
    assert!(pieces.iter().all(|it| it.len() < 200 << 10), "memory is bounded by a piece");
    let all = all(&mut it.engine);
    assert!(all >= MACHINES);
    assert_eq!(names(&pieces.concat()).len(), all);
    let json = it.request("GET", "/vms?accept=application/json", "");
    let json: serde_json::Value = serde_json::from_slice(it.send(json).body()).unwrap();
    assert_eq!(json["vm"].as_array().unwrap().len(), all);
}

#[test]
fn what_is_removed_meanwhile_is_left_out() {
    let mut it = large();
    let list = it.get("/vms?search=status%3Ddown");
    let rests = |it: &&Element| it.child("vm_pool").is_none();
    let last = list.children().iter().rfind(rests).unwrap().id().unwrap().to_owned();
    let before = all(&mut it.engine);
    let pieces = pieces(&mut it, "/vms", |engine| {
        assert_eq!(engine.direct("DELETE", &format!("/vms/{last}"), "").0, 200);
    });
    assert_eq!(names(&pieces.concat()).len(), before - 1);
}

#[test]
fn what_cannot_be_followed_fails_before_the_first_piece() {
    let mut it = large();
    let (status, page) = it.over_http("GET", "/vms?follow=host", "");
    assert_eq!((status, page.as_ref().map(Element::name)), (500, Some("html")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_lists_are_streamed_zipped_or_not() {
    let (server, client) = start_with(&Lab::large(MACHINES)).await;
    let token = login(&server, &client).await;
    for encoding in ["identity", "gzip"] {
        let list = client
            .get(format!("{}/vms", server.url))
            .bearer_auth(&token)
            .header("Accept-Encoding", encoding)
            .send()
            .await
            .unwrap();
        assert!(list.headers().get("Content-Length").is_none(), "its length is not known yet");
        assert_eq!(list.headers().contains_key("Content-Encoding"), encoding == "gzip");
        let bytes = list.bytes().await.unwrap();
        let plain = if encoding == "gzip" { unzip(&bytes) } else { bytes.to_vec() };
        assert_eq!(names(&plain).len(), all(&mut server.simulated.lock().unwrap()));
    }
    let short =
        client.get(format!("{}/tags", server.url)).bearer_auth(&token).send().await.unwrap();
    assert!(short.headers().get("Content-Length").is_some());
    server.stop().await;
}

fn unzip(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(bytes), &mut plain).unwrap();
    plain
}
