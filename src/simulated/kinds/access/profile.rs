//! What users keep for themselves: keys, options, and the events they are told of.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::generic;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;

/// What is special about the keys of a user.
pub const KEY_RULES: Rules = Rules::of("ssh_public_keys").add(add_key);
/// What is special about the options of a user.
pub const OPTION_RULES: Rules = Rules::of("user_options").add(add_option);
/// What is special about the events that a user is told of.
pub const SUBSCRIPTION_RULES: Rules = Rules::of("event_subscriptions").add(subscribe);

fn add_key(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let mut body = generic::draft(site, call);
    tree::refer(&mut body, "user", site.id(call.owner()?));
    Ok(site.add_fresh("ssh_public_keys", call.parent, body))
}

/// Sets an option; its name tells which, so a second one replaces the first.
fn add_option(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let owner = call.owner()?;
    let name = call.name().unwrap_or_default();
    let known = site.children(owner, "user_options").into_iter().find(|it| site.name(*it) == name);
    let mut body = generic::draft(site, call);
    tree::refer(&mut body, "user", site.id(owner));
    if let Some(known) = known {
        site.store.remove(known);
    }
    Ok(site.add_fresh("user_options", Some(owner), body))
}

/// Subscribes to an event, whose name is the subscription's id.
fn subscribe(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let owner = call.owner()?;
    let event = call.text("event").unwrap_or_default();
    let address = call.text("address").filter(|it| !it.is_empty());
    let address = address.or(Some(site.text(owner, "email")).filter(|it| !it.is_empty()));
    if !address.is_some_and(|it| it.contains('@')) {
        return Err(Fault::conflict("User does not have a valid e-mail address."));
    }
    if call.text("notification_method").is_some_and(|it| it != "smtp") {
        return Err(Fault::bad("The Notification method is unsupported."));
    }
    if site.store.find("event_subscriptions", Some(owner), event).is_some() {
        return Err(Fault::conflict(
            "User is already subscribed to this event with the same Notification method.",
        ));
    }
    let mut body = generic::draft(site, call);
    tree::set(&mut body, "address", address.unwrap_or_default());
    tree::set(&mut body, "notification_method", "smtp");
    tree::refer(&mut body, "user", site.id(owner));
    Ok(site.add("event_subscriptions", Some(owner), event, body))
}
