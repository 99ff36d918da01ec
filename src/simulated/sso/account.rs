//! Who can log in, as the directories behind the engine know it.

/// Somebody in a directory.
#[derive(Clone, Debug)]
pub struct Account {
    /// The name with the profile, such as `jane@internal`.
    pub username: String,
    /// The password.
    pub password: String,
    /// The groups of the directory that it belongs to.
    pub groups: Vec<String>,
    /// Whether it may log in.
    pub standing: Standing,
}

/// Whether an account may log in, as far as its directory is concerned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// It may.
    #[default]
    Good,
    /// It was disabled.
    Disabled,
    /// It was locked after too many wrong passwords.
    Locked,
    /// It has expired.
    Expired,
    /// Its password has expired.
    PasswordExpired,
    /// Its directory does not answer.
    Unreachable,
}

impl Account {
    /// An account in good standing.
    pub fn new(username: impl Into<String>, password: impl Into<String>) -> Self {
        Self {
            username: username.into(),
            password: password.into(),
            groups: Vec::new(),
            standing: Standing::Good,
        }
    }

    /// The account in a group too.
    pub fn in_group(mut self, group: impl Into<String>) -> Self {
        self.groups.push(group.into());
        self
    }

    /// The account in another standing.
    pub fn standing(mut self, standing: Standing) -> Self {
        self.standing = standing;
        self
    }

    /// The name without the profile.
    pub fn principal(&self) -> &str {
        self.username.rsplit_once('@').map_or(&self.username, |(name, _)| name)
    }

    /// The directory that authorises it: `internal-authz` for the profile `internal`.
    pub fn domain(&self) -> String {
        let profile = self.username.rsplit_once('@').map_or("internal", |(_, profile)| profile);
        format!("{profile}-authz")
    }
}

impl Standing {
    /// Why there is no login, beyond a wrong password.
    pub fn refusal(self) -> Option<&'static str> {
        Some(match self {
            Self::Good => return None,
            Self::Disabled | Self::Locked => {
                "Unable to log in because the user account is disabled or locked. Contact the system administrator."
            }
            Self::Expired => {
                "Unable to log in because the user account has expired. Contact the system administrator."
            }
            Self::PasswordExpired => "Unable to log in because the password has expired.",
            Self::Unreachable => {
                "Unable to log in because servers cannot be reached. Try again later."
            }
        })
    }
}

/// Finds the account of a name and password; the refusal says whom it refuses and why.
pub fn authenticate<'a>(
    accounts: &'a [Account],
    username: &str,
    password: &str,
) -> Result<&'a Account, String> {
    let refuse = |name: &str, profile: &str, reason: &str| {
        Err(format!("Cannot authenticate user '{name}@{profile}': {reason}."))
    };
    let Some((name, profile)) = username.rsplit_once('@') else {
        return refuse(username, "N/A", "No profile found in credentials.");
    };
    let of_profile =
        |it: &&Account| it.username.rsplit_once('@').map(|(_, it)| it) == Some(profile);
    if accounts.iter().find(of_profile).is_none() {
        return refuse(name, "N/A", "No valid profile found in credentials.");
    }
    let found = accounts.iter().find(|it| it.username == username);
    if let Some(reason) = found.and_then(|it| it.standing.refusal()) {
        return refuse(name, profile, reason);
    }
    match found.filter(|it| it.password == password) {
        Some(account) => Ok(account),
        None => refuse(
            name,
            profile,
            "Unable to log in. Verify your login information or contact the system administrator.",
        ),
    }
}
