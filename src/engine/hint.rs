//! What to do about a fault.

use super::{Broken, Fault, How, Meaning};

impl Fault {
    /// What the user can do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Fault::LoginRefused { username, reason, .. } => Some(login(username, reason)),
            Fault::Unreachable { host, cause } => unreachable(host, cause),
            Fault::NotAnEngine { .. } => Some(
                "the URL is that of the engine's web server: \
                 `https://engine.example.com/ovirt-engine/api`"
                    .to_owned(),
            ),
            Fault::Lost { .. } if self.may_have_happened() => {
                Some("run it again: what was made will be found".to_owned())
            }
            Fault::Refused { meaning: Meaning::Forbidden, .. } => {
                Some("the user lacks a permission on this object or above it".to_owned())
            }
            Fault::Refused { meaning: Meaning::Locked, .. } => Some(
                "see the engine's running tasks, and try again when they have ended".to_owned(),
            ),
            _ => None,
        }
    }
}

fn login(username: &str, reason: &str) -> String {
    if !username.contains('@') {
        return format!("a user has a profile: `{username}@internal`");
    }
    let reason = reason.to_lowercase();
    let text = if reason.contains("locked") || reason.contains("disabled") {
        "the account is disabled or locked: its administrator can unlock it"
    } else if reason.contains("expired") {
        "log in once in a browser to change the password"
    } else {
        "check user, profile and password; it was tried once, so that the account is not locked"
    };
    text.to_owned()
}

fn unreachable(host: &str, cause: &Broken) -> Option<String> {
    let text = match cause.how {
        How::UntrustedCertificate => format!(
            "an engine has an authority of its own: get its certificate from \
             `https://{host}/ovirt-engine/services/pki-resource?resource=ca-certificate\
             &format=X509-PEM-CA`, check it, and name it as `ca_file`"
        ),
        How::OtherCertificate => {
            "if the engine's certificate was renewed, check the new one and trust it".to_owned()
        }
        How::WrongHostName => "use the host name that the engine was set up with".to_owned(),
        How::ExpiredCertificate => {
            "check this machine's clock; `engine-setup` on the engine renews certificates"
                .to_owned()
        }
        How::BadTls => "check the port: engines speak HTTPS, as a rule on 443".to_owned(),
        How::Unresolved => "check the host name, and this machine's DNS".to_owned(),
        How::NotConnected | How::ConnectTimedOut => {
            "check host name and port, and that the engine runs and no firewall is between"
                .to_owned()
        }
        How::Interrupted | How::TimedOut | How::Gateway | How::TooLong => return None,
    };
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(username: &str, reason: &str) -> String {
        let code = "access_denied".to_owned();
        let fault =
            Fault::LoginRefused { username: username.to_owned(), code, reason: reason.into() };
        fault.hint().unwrap()
    }

    #[test]
    fn a_refused_login_says_what_to_look_at() {
        assert!(hint("admin", "").contains("`admin@internal`"));
        assert!(hint("admin@internal", "The account is disabled or locked.").contains("unlock"));
        assert!(hint("admin@internal", "The password is expired.").contains("browser"));
        assert!(hint("admin@internal", "The username or password is incorrect.").contains("check"));
    }

    #[test]
    fn an_untrusted_certificate_says_where_the_authority_is() {
        let cause = Broken::new(How::UntrustedCertificate, "");
        let fault = Fault::Unreachable { host: "e.example:8443".to_owned(), cause };
        assert!(fault.hint().unwrap().contains("https://e.example:8443/ovirt-engine/services/pki"));
    }
}
