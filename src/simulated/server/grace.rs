//! The time that a client gives an action before it is done.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request};

use crate::simulated::document::{self, Media};
use crate::simulated::schema::SCHEMA;

/// How long an action is to wait: `<action><grace_period><expiry>` in milliseconds.
pub fn of(request: &Request<Bytes>) -> Duration {
    let wait = if *request.method() == Method::POST { asked(request) } else { None };
    Duration::from_millis(wait.unwrap_or(0))
}

fn asked(request: &Request<Bytes>) -> Option<u64> {
    const NAME: &[u8] = b"grace_period";
    request.body().windows(NAME.len()).find(|it| *it == NAME)?;
    let media = Media::of_content(request.headers().get("Content-Type")?.to_str().ok())?;
    let action = document::read(media, request.body(), SCHEMA.type_of("action")).ok()?;
    let action = Some(action).filter(|it| it.name() == "action")?;
    action.text_at("grace_period/expiry")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(method: &str, content_type: &str, document: &'static str) -> u128 {
        let request = Request::builder().method(method).header("Content-Type", content_type);
        of(&request.body(Bytes::from_static(document.as_bytes())).unwrap_or_default()).as_millis()
    }

    #[test]
    fn only_actions_that_say_so_wait() {
        const XML: &str = "application/xml";
        const GRACE: &str = "<action><grace_period><expiry>70</expiry></grace_period></action>";
        assert_eq!(wait("POST", XML, GRACE), 70);
        let json = r#"{"grace_period": {"expiry": 70}}"#;
        assert_eq!(wait("POST", "application/json", json), 70);
        assert_eq!(wait("PUT", XML, GRACE), 0);
        assert_eq!(wait("POST", "text/plain", GRACE), 0);
        assert_eq!(wait("POST", XML, "<action/>"), 0);
        assert_eq!(wait("POST", XML, "<tag><name>grace_period</name></tag>"), 0);
    }
}
