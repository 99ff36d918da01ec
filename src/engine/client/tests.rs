//! The client against a script of answers, on virtual time.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use super::super::wire::Exchange;
use super::super::{EngineUrl, Meaning, Patience};
use super::*;
use crate::xml::Element;

const TOKEN: &str = r#"{"access_token":"t0ken","exp":"9223372036854775807"}"#;
const HTML: &str = "<html><head><title>Error</title></head><body>invalid_grant</body></html>";
const LOCKED: &str = "<fault><detail>[Cannot edit VM. Related operation is currently in progress. \
                      Please try again later.]</detail><reason>Operation Failed</reason></fault>";
const DUPLICATE: &str = "<action><fault><detail>[The VM name is already in use, please choose a \
                         unique name and try again.]</detail><reason>Operation Failed</reason>\
                         </fault><status>failed</status></action>";

#[derive(Clone)]
enum Answer {
    Status(u16, &'static str),
    Broken(How),
}
use Answer::{Broken as Breaks, Status};

/// Answers API calls from one script and logins from another, whose last lines repeat.
struct Script {
    answers: Mutex<VecDeque<Answer>>,
    logins: Mutex<VecDeque<Answer>>,
    seen: Mutex<Vec<(String, Instant)>>,
}

impl Transport for Script {
    fn exchange(&self, request: http::Request<Bytes>) -> Exchange<'_> {
        Box::pin(async move {
            // Long enough for others to come by.
            tokio::time::sleep(Duration::from_millis(10)).await;
            let path = request.uri().path().trim_start_matches("/ovirt-engine/");
            let line = format!("{} {path}", request.method());
            let is_login = path == "sso/oauth/token";
            self.seen.lock().unwrap().push((line, Instant::now()));
            let script = if is_login { &self.logins } else { &self.answers };
            let mut script = script.lock().unwrap();
            let answer = match script.len() {
                1 => script[0].clone(),
                _ => script.pop_front().unwrap(),
            };
            match answer {
                Status(status, body) => {
                    Ok(http::Response::builder().status(status).body(body.into()).unwrap())
                }
                Breaks(how) => Err(Broken::new(how, "by the script")),
            }
        })
    }
}

fn script(
    answers: impl IntoIterator<Item = Answer>,
    logins: impl IntoIterator<Item = Answer>,
) -> Arc<Script> {
    let answers = Mutex::new(answers.into_iter().collect());
    let logins = Mutex::new(logins.into_iter().collect());
    Arc::new(Script { answers, logins, seen: Mutex::default() })
}

fn settings(seed: u64) -> Settings {
    let url = EngineUrl::parse("https://engine.test").unwrap();
    Settings::new(url, "admin@internal", "hunter2", seed)
}

/// Sends one request; returns what came of it, the calls after the login, and the time it took.
async fn send(
    request: Request,
    answers: impl IntoIterator<Item = Answer>,
) -> (Result<Reply, Fault>, usize, Duration) {
    let script = script(answers, [Status(200, TOKEN)]);
    let client = Client::new(settings(7), Arc::clone(&script) as Arc<dyn Transport>);
    let start = Instant::now();
    let outcome = client.send(request).await;
    let calls = script.seen.lock().unwrap().iter().filter(|(l, _)| l.contains(" api/")).count();
    (outcome, calls, start.elapsed())
}

fn post() -> Request {
    Request::post("vms", Element::new("vm"))
}

#[tokio::test(start_paused = true)]
async fn a_locked_object_is_asked_for_again_with_growing_pauses() {
    let answers = vec![Status(409, LOCKED); 3].into_iter().chain([Status(201, "<vm/>")]);
    let (outcome, calls, took) = send(post(), answers).await;
    assert_eq!(outcome.unwrap().status, 201);
    assert_eq!(calls, 4);
    // 1, 2 and 4 s, less up to a half.
    assert!((3500..7200).contains(&took.as_millis()), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn patience_ends() {
    let (outcome, calls, took) = send(post(), [Status(409, LOCKED)]).await;
    assert_eq!(outcome.unwrap_err().meaning(), Some(Meaning::Locked));
    assert!((100..=121).contains(&took.as_secs()), "{took:?}");
    assert!((12..30).contains(&calls), "{calls} calls");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_for_good_is_not_repeated() {
    let (outcome, calls, _) = send(post(), [Status(409, DUPLICATE)]).await;
    let fault = outcome.unwrap_err();
    assert_eq!(fault.meaning(), Some(Meaning::Conflict));
    assert_eq!(calls, 1);
    assert_eq!(fault.to_string(), "the engine refused `POST vms` (409 Operation Failed)");
    let said = std::error::Error::source(&fault).unwrap().to_string();
    assert_eq!(said, "The VM name is already in use, please choose a unique name and try again.");
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_asked_for_again_unless_it_creates() {
    for lost in
        [Breaks(How::Interrupted), Breaks(How::TimedOut), Status(502, HTML), Status(200, "<v")]
    {
        let (outcome, calls, _) = send(post(), [lost.clone()]).await;
        assert!(matches!(outcome, Err(Fault::Lost { .. })), "{outcome:?}");
        assert_eq!(calls, 1);
        for request in [Request::get("vms/1"), Request::put("vms/1", Element::new("vm"))] {
            let (outcome, calls, _) = send(request, [lost.clone(), Status(200, "<vm/>")]).await;
            assert_eq!(outcome.unwrap().body, "<vm/>");
            assert_eq!(calls, 2);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_never_sent_is_sent_again_even_if_it_creates() {
    let answers = [Breaks(How::NotConnected), Breaks(How::Unresolved), Status(201, "<vm/>")];
    let (outcome, calls, _) = send(post(), answers).await;
    assert_eq!((outcome.unwrap().status, calls), (201, 3));
    let (outcome, calls, _) = send(post(), [Breaks(How::UntrustedCertificate)]).await;
    assert!(matches!(outcome, Err(Fault::Unreachable { .. })), "{outcome:?}");
    assert_eq!(calls, 1);
}

#[tokio::test(start_paused = true)]
async fn a_removal_that_was_repeated_takes_not_found_as_done() {
    let delete = || Request::delete("vms/1");
    for lost in [Breaks(How::Interrupted), Status(503, HTML), Status(200, "<act")] {
        let (outcome, calls, _) = send(delete(), [lost, Status(404, "")]).await;
        assert_eq!((outcome.unwrap().status, calls), (404, 2));
    }
    for before in [vec![], vec![Status(409, LOCKED)], vec![Breaks(How::NotConnected)]] {
        let (outcome, _, _) = send(delete(), before.into_iter().chain([Status(404, "")])).await;
        assert!(outcome.unwrap_err().is_missing());
    }
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_restarts_is_waited_for() {
    let page = |status| Status(status, HTML);
    let answers =
        [page(503), Breaks(How::NotConnected), page(404), page(401), Status(200, "<api/>")];
    let (outcome, _, _) = send(Request::get(""), answers).await;
    assert_eq!(outcome.unwrap().status, 200);
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_fails_is_asked_a_few_times() {
    let (outcome, calls, _) = send(Request::get("clusters"), [Status(500, HTML)]).await;
    assert_eq!((outcome.unwrap_err().meaning(), calls), (Some(Meaning::Internal), 3));
    let (outcome, calls, _) = send(post(), [Status(500, HTML)]).await;
    assert_eq!((outcome.unwrap_err().meaning(), calls), (Some(Meaning::Internal), 1));
}

#[tokio::test(start_paused = true)]
async fn an_expired_session_is_renewed_once_even_for_a_creation() {
    let (outcome, calls, _) = send(post(), [Status(401, HTML), Status(201, "<vm/>")]).await;
    assert_eq!((outcome.unwrap().status, calls), (201, 2));
    let (outcome, calls, _) = send(post(), [Status(401, HTML)]).await;
    assert!(matches!(outcome, Err(Fault::Unauthorised { routed: false, .. })), "{outcome:?}");
    assert_eq!(calls, 2);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_ends_within_a_request_does_not_repeat_it() {
    let (outcome, calls, _) = send(post(), [Status(401, LOCKED)]).await;
    assert!(matches!(outcome, Err(Fault::Unauthorised { routed: true, .. })), "{outcome:?}");
    assert_eq!(calls, 1);
}

#[tokio::test(start_paused = true)]
async fn a_refused_login_is_tried_once_however_many_wait_for_it() {
    let denied =
        r#"{"error_code":"access_denied","error":"Cannot authenticate user 'admin@internal'."}"#;
    let script = script([Status(200, "<vms/>")], [Status(400, denied)]);
    let client = Arc::new(Client::new(settings(1), Arc::clone(&script) as Arc<dyn Transport>));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let client = Arc::clone(&client);
        tasks.spawn(async move { client.send(Request::get("vms")).await });
    }
    for outcome in tasks.join_all().await {
        assert!(matches!(outcome, Err(Fault::LoginRefused { .. })), "{outcome:?}");
    }
    assert_eq!(script.seen.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn many_requests_share_one_renewal() {
    let expired = vec![Status(401, HTML); 20].into_iter().chain([Status(200, "<vms/>")]);
    let script = script(expired, [Status(200, TOKEN)]);
    let client = Arc::new(Client::new(settings(1), Arc::clone(&script) as Arc<dyn Transport>));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let client = Arc::clone(&client);
        tasks.spawn(async move { client.send(Request::get("vms")).await });
    }
    assert!(tasks.join_all().await.iter().all(Result::is_ok));
    let seen = script.seen.lock().unwrap();
    assert_eq!(seen.iter().filter(|(line, _)| line.contains("sso")).count(), 2);
}

#[tokio::test(start_paused = true)]
async fn another_server_is_told_from_an_engine() {
    for (status, body) in [(404, HTML), (200, HTML), (302, "")] {
        let script = script([], [Status(status, body)]);
        let client = Client::new(settings(1), script);
        let outcome = client.send(Request::get("vms")).await;
        assert!(matches!(outcome, Err(Fault::NotAnEngine { .. })), "{outcome:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn pauses_follow_from_the_seed() {
    let times = |seed| async move {
        let script = script([Status(409, LOCKED)], [Status(200, TOKEN)]);
        let mut settings = settings(seed);
        settings.patience = Patience { locked: Duration::from_secs(20), ..Patience::default() };
        let client = Client::new(settings, Arc::clone(&script) as Arc<dyn Transport>);
        let start = Instant::now();
        client.send(post()).await.unwrap_err();
        let seen = script.seen.lock().unwrap();
        seen.iter().map(|(_, at)| *at - start).collect::<Vec<_>>()
    };
    assert_eq!(times(3).await, times(3).await);
    assert_ne!(times(3).await, times(4).await);
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_borne_for_a_while() {
    let (outcome, _, took) = send(Request::get("vms"), [Status(503, HTML)]).await;
    assert_eq!(outcome.unwrap_err().meaning(), Some(Meaning::Busy));
    assert!((100..=121).contains(&took.as_secs()), "{took:?}");
    let (outcome, _, took) = send(Request::get("vms"), [Breaks(How::TooLong)]).await;
    assert!(matches!(outcome, Err(Fault::Lost { .. })), "{outcome:?}");
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_login_is_repeated_even_for_a_creation_since_it_creates_nothing() {
    let logins =
        [Status(503, HTML), Breaks(How::Interrupted), Status(404, HTML), Status(200, TOKEN)];
    let script = script([Status(201, "<vm/>")], logins);
    let client = Client::new(settings(1), Arc::clone(&script) as Arc<dyn Transport>);
    assert_eq!(client.send(post()).await.unwrap().status, 201);
    assert_eq!(script.seen.lock().unwrap().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_was_never_there_is_given_up_soon() {
    let script = script([], [Breaks(How::NotConnected)]);
    let client = Client::new(settings(1), Arc::clone(&script) as Arc<dyn Transport>);
    let start = Instant::now();
    let outcome = client.send(Request::get("vms")).await;
    assert!(matches!(outcome, Err(Fault::Unreachable { .. })), "{outcome:?}");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!(script.seen.lock().unwrap().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn after_a_logout_the_next_request_logs_in_again() {
    let script = script([Status(200, "<vms/>")], [Status(200, TOKEN)]);
    let client = Client::new(settings(1), Arc::clone(&script) as Arc<dyn Transport>);
    client.send(Request::get("vms")).await.unwrap();
    client.close().await;
    client.close().await;
    client.send(Request::get("vms")).await.unwrap();
    let seen = script.seen.lock().unwrap();
    let lines: Vec<_> = seen.iter().map(|(line, _)| line.as_str()).collect();
    let (login, get) = ("POST sso/oauth/token", "GET api/vms");
    assert_eq!(lines, [login, get, "POST services/sso-logout", login, get]);
}
