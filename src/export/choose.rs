//! Which objects are written: those that are asked for, and what they need.

use crate::state::Object;

use super::says::{lines, refers_to};
use super::scene::{Fate, Item, Scene};

impl<'a> Scene<'a> {
    /// For each item, whether it is written: all, or what matches one of some patterns, and what
    /// that refers to and stands in.
    pub fn choose(&self, patterns: &[String]) -> Vec<bool> {
        let is_asked_for = |item: &Item| match item.fate {
            Fate::Written | Fate::Holder if patterns.is_empty() => true,
            Fate::Written | Fate::Holder => {
                patterns.iter().any(|pattern| item.address.matches(pattern))
            }
            // Whoever names it gets it.
            Fate::Plain => patterns.iter().any(|pattern| *pattern == item.address.as_str()),
            Fate::Elsewhere | Fate::LeftOut(_) => false,
        };
        self.with_needs(is_asked_for)
    }

    /// For each item, whether it may be written once all is known of it and of what is below it.
    pub fn may_choose(&self, patterns: &[String]) -> Vec<bool> {
        self.with_needs(|item: &Item| match item.fate {
            Fate::Elsewhere | Fate::LeftOut(_) => false,
            _ => patterns.iter().any(|it| item.address.may_hold(it)),
        })
    }

    fn with_needs(&self, is_asked_for: impl Fn(&Item) -> bool) -> Vec<bool> {
        let mut chosen = vec![false; self.items.len()];
        let mut open: Vec<usize> =
            (0..self.items.len()).filter(|index| is_asked_for(&self.items[*index])).collect();
        while let Some(index) = open.pop() {
            if !std::mem::replace(&mut chosen[index], true) {
                open.extend(self.items[index].parent);
                open.extend(self.needs(index).into_iter().filter(|need| !chosen[*need]));
            }
        }
        chosen
    }

    fn needs(&self, index: usize) -> Vec<usize> {
        let lines = lines(self, index);
        let objects = lines.iter().flat_map(|line| refers_to(self, line));
        let items = objects.filter_map(|object: &'a Object| self.item_of(object));
        items.filter(|item| self.items[*item].fate == Fate::Written).collect()
    }
}
