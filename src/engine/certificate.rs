//! What is wrong with a certificate, in words.

use jiff::Timestamp;
use rustls::CertificateError::{self, *};
use rustls::pki_types::UnixTime;

use super::How;
use super::pin::Differs;

/// The kind of a certificate's flaw.
pub(super) fn how(bad: &CertificateError) -> How {
    match bad {
        Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. } => {
            How::ExpiredCertificate
        }
        NotValidForName | NotValidForNameContext { .. } => How::WrongHostName,
        Other(other) if other.0.is::<Differs>() => How::OtherCertificate,
        _ => How::UntrustedCertificate,
    }
}

/// What [`How`] does not say.
pub(super) fn in_words(bad: &CertificateError) -> String {
    match bad {
        UnknownIssuer => "whoever issued it is not among those trusted".to_owned(),
        ExpiredContext { not_after, .. } => format!("it ended on {}", day(*not_after)),
        NotValidYetContext { not_before, .. } => format!("it begins on {}", day(*not_before)),
        NotValidForNameContext { expected, presented } => {
            let names: Vec<_> = presented.iter().map(|name| format!("`{}`", bare(name))).collect();
            let names = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
            format!("it is for {names}, not for `{}`", expected.to_str())
        }
        Other(other) => other.0.to_string(),
        bad => bad.to_string(),
    }
}

/// Names come as `DnsName("engine.example.com")`.
fn bare(name: &str) -> &str {
    name.split('"').nth(1).unwrap_or(name)
}

fn day(time: UnixTime) -> String {
    let second = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    match Timestamp::from_second(second) {
        Ok(time) => time.strftime("%Y-%m-%d").to_string(),
        Err(_) => "a day beyond all calendars".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rustls::pki_types::ServerName;

    use super::*;

    #[test]
    fn flaws_are_told_with_names_and_days() {
        let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let expired = ExpiredContext { time: at(1_000_000_000), not_after: at(978_307_200) };
        assert_eq!(in_words(&expired), "it ended on 2001-01-01");
        let presented = vec!["DnsName(\"a.example\")".to_owned(), "b.example".to_owned()];
        let expected = ServerName::try_from("e.example").unwrap();
        let name = NotValidForNameContext { expected, presented };
        assert_eq!(in_words(&name), "it is for `a.example`, `b.example`, not for `e.example`");
    }
}
