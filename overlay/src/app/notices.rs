//! What the overlay has to say: for a while, or until it is no longer true. Time is an argument.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long something is said.
const NOTICE_DURATION: Duration = Duration::from_secs(8);
/// Notices that are shown at once.
const MAX_NOTICES: usize = 4;

/// What is being said.
#[derive(Debug, Default)]
pub(super) struct Notices {
    passing: Vec<(String, Instant)>,
    standing: BTreeMap<&'static str, String>,
    last: Option<String>,
}

impl Notices {
    /// Says something for a while.
    pub(super) fn say(&mut self, text: impl Into<String>, now: Instant) {
        let text = text.into();
        self.passing.retain(|(said, _)| *said != text);
        self.last = Some(text.clone());
        self.passing.push((text, now + NOTICE_DURATION));
    }

    /// Sets or clears the standing notice of a topic.
    pub(super) fn set_standing(&mut self, topic: &'static str, text: Option<String>) {
        match text {
            Some(text) => drop(self.standing.insert(topic, text)),
            None => drop(self.standing.remove(topic)),
        }
    }

    /// What is to be read now, the most lasting first.
    pub(super) fn now(&mut self, now: Instant) -> impl Iterator<Item = &str> {
        self.passing.retain(|(_, until)| *until > now);
        let passing = self.passing.iter().rev().map(|(text, _)| text.as_str());
        self.standing.values().map(String::as_str).chain(passing).take(MAX_NOTICES)
    }

    /// What stands, else what was said last: for where it can be read later.
    pub(super) fn last(&self) -> Option<&str> {
        self.standing.values().next().or(self.last.as_ref()).map(String::as_str)
    }

    /// When there will be less to say.
    pub(super) fn next_change(&self) -> Option<Instant> {
        self.passing.iter().map(|(_, until)| *until).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_pass_and_others_stand() {
        let mut notices = Notices::default();
        let start = Instant::now();
        notices.set_standing("settings", Some("line 3".into()));
        notices.say("loaded", start);
        notices.say("loaded", start + Duration::from_secs(2));
        assert_eq!(notices.now(start).collect::<Vec<_>>(), ["line 3", "loaded"], "once");
        let later = notices.next_change().unwrap();
        assert_eq!(later, start + Duration::from_secs(2) + NOTICE_DURATION);
        assert_eq!(notices.now(later).collect::<Vec<_>>(), ["line 3"]);
        assert_eq!(notices.last(), Some("line 3"));
        notices.set_standing("settings", None);
        assert_eq!(notices.last(), Some("loaded"), "though it has passed");
        assert_eq!((notices.now(later).count(), notices.next_change()), (0, None));
    }
}
