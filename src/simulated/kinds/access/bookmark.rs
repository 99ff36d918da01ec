//! Bookmarks: searches with a name.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{common, generic};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;

/// What is special about bookmarks.
pub const RULES: Rules = Rules::of("bookmarks").add(add).update(update);

fn check_name(site: &Site, name: &str, except: Option<Handle>, action: &str) -> Result<(), Fault> {
    if common::taken(site, "bookmarks", name, except, |_| true) {
        return Err(Fault::conflict(format!(
            "Cannot {action} Bookmark. The Bookmark name is already in use, please choose a unique name and try again."
        )));
    }
    Ok(())
}

fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let name = common::name(call, "bookmark")?;
    if call.text("value").is_none_or(str::is_empty) {
        return Err(Fault::mandatory("bookmark.value"));
    }
    check_name(site, name, None, "add")?;
    let body = generic::draft(site, call);
    Ok(generic::put(site, call, None, body))
}

fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    if let Some(name) = common::new_name(site, call, target) {
        check_name(site, name, Some(target), "edit")?;
    }
    generic::update(site, call, target)
}
