//! Why a plan is refused.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::engine::printable;
use crate::plan::Refusal;
use crate::resources::Address;

use super::{Ink, Screen};

/// How many refusals of a sort are shown one by one, and how many resources are named otherwise.
const ALIKE: usize = 4;

/// Why it is refused; many refusals of a sort become one.
pub fn refusals(out: &mut String, refusals: &[Refusal], screen: Screen) {
    let mut sorts: IndexMap<&str, Vec<&Refusal>> = IndexMap::new();
    for refusal in refusals {
        sorts.entry(sort(refusal)).or_default().push(refusal);
    }
    for (sort, alike) in sorts {
        if alike.len() <= ALIKE {
            alike.iter().for_each(|refusal| refused(out, &refusal.message, &refusal.hint, screen));
            continue;
        }
        let addresses: Vec<_> = alike.iter().filter_map(|it| it.address.as_ref()).collect();
        let named: Vec<_> = addresses.iter().take(ALIKE).map(ToString::to_string).collect();
        let more = alike.len() - named.len();
        let message = format!("{sort} ({}): {} and {more} more", alike.len(), named.join(", "));
        let hint = match alike[0].consent {
            Some(option) => format!("allow it with `{}`", options(option, &addresses)),
            None => format!("for {}: {}", named[0], alike[0].hint),
        };
        refused(out, &message, &hint, screen);
    }
}

/// What is refused, without the resource.
fn sort(refusal: &Refusal) -> &str {
    let address = refusal.address.as_ref().map(Address::as_str);
    let rest = address.and_then(|address| refusal.message.strip_prefix(address));
    rest.and_then(|rest| rest.strip_prefix(": ")).unwrap_or(&refusal.message)
}

/// The option with a pattern for each kind of resource: `--allow-destroy 'vms/web-*'`.
fn options(option: &str, addresses: &[&Address]) -> String {
    let mut by_sections: BTreeMap<Vec<&str>, Vec<Vec<&str>>> = BTreeMap::new();
    for address in addresses {
        let parts: Vec<&str> = address.as_str().split('/').collect();
        let sections = parts.iter().step_by(2).copied().collect();
        let keys = parts.iter().skip(1).step_by(2).copied().collect();
        by_sections.entry(sections).or_default().push(keys);
    }
    let patterns = by_sections.iter().map(|(sections, keys)| {
        let part = |(at, section): (usize, &&str)| format!("{section}/{}", pattern(keys, at));
        let parts: Vec<_> = sections.iter().enumerate().map(part).collect();
        format!("{option} '{}'", parts.join("/"))
    });
    patterns.collect::<Vec<_>>().join(" ")
}

/// What the keys at a place begin with, and a star for what differs.
fn pattern(keys: &[Vec<&str>], at: usize) -> String {
    let first = keys[0][at];
    if keys.iter().all(|others| others[at] == first) {
        return first.to_owned();
    }
    let is_common = |end: &usize| keys.iter().all(|others| others[at].starts_with(&first[..*end]));
    let ends = first.char_indices().map(|(at, _)| at).chain([first.len()]);
    // The digit that numbers have in common says nothing of who is meant.
    let common = &first[..ends.take_while(is_common).last().unwrap_or(0)];
    format!("{}*", common.trim_end_matches(|c: char| c.is_ascii_digit()))
}

fn refused(out: &mut String, message: &str, hint: &str, screen: Screen) {
    out.push('\n');
    out.push_str(&screen.ink(Ink::Red, "refused:"));
    out.push(' ');
    screen.fill(out, 9, 2, &printable(message));
    out.push_str(&screen.ink(Ink::Cyan, "hint:"));
    out.push(' ');
    screen.fill(out, 6, 2, &printable(hint));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(addresses: &[&str]) -> String {
        let addresses: Vec<_> = addresses.iter().map(|it| Address::parse(it).unwrap()).collect();
        let patterns = options("--allow", &addresses.iter().collect::<Vec<_>>());
        for address in &addresses {
            let is_met = patterns.split('\'').any(|pattern| address.matches(pattern));
            assert!(is_met, "{address} is not allowed by {patterns}");
        }
        patterns
    }

    #[test]
    fn patterns_say_what_the_addresses_have_in_common() {
        assert_eq!(told(&["vms/web-01", "vms/web-02", "vms/web-10"]), "--allow 'vms/web-*'");
        assert_eq!(told(&["vms/a", "vms/b", "disks/c"]), "--allow 'disks/c' --allow 'vms/*'");
        let nested = ["vms/a1/disk_attachments/root", "vms/a2/disk_attachments/root"];
        assert_eq!(told(&nested), "--allow 'vms/a*/disk_attachments/root'");
        assert_eq!(told(&["vms/web", "vms/web-1"]), "--allow 'vms/web*'");
    }
}
