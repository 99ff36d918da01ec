//! The soak: requests that are made up and mangled, a great many of them, against a lab.
//!
//! No panic, no slow answer, and a state that stays whole. A few seconds of it run with all other
//! tests; `SOAK=600 cargo test --release --test simulated soak -- --nocapture` goes on for so many
//! seconds, with other seeds. What goes wrong is printed with the seed and the request.

mod maker;
mod words;

use std::collections::{BTreeMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use bytes::Bytes;
use virtuform::simulated::{Answer, Lab, Options, Simulated};

use self::maker::Maker;
use crate::whole_state::check;

/// No answer takes longer, even without optimization on a busy machine.
const SLOW: Duration = Duration::from_secs(5);

const REQUESTS: usize = 400;

#[test]
fn nothing_that_is_asked_breaks_the_engine() {
    let time = std::env::var("SOAK").ok().map(|it| Duration::from_secs(it.parse().unwrap()));
    let start = Instant::now();
    let mut seed = 1;
    let mut answers = BTreeMap::new();
    loop {
        soak(seed, start, &mut answers);
        seed += 1;
        let enough = match time {
            Some(time) => start.elapsed() > time,
            None => seed > 3 || start.elapsed() > Duration::from_secs(15),
        };
        if enough {
            break;
        }
    }
    println!("{} seeds in {:?}, answered with {answers:?}", seed - 1, start.elapsed());
    // It is no use to be refused at the door each time.
    let done: usize = answers.range(200..300).map(|(_, count)| count).sum();
    let all: usize = answers.values().sum();
    assert!(done * 10 > all, "{answers:?}");
}

fn soak(seed: u64, start: Instant, answers: &mut BTreeMap<u16, usize>) {
    let mut engine =
        Simulated::new(Options { strict: seed.is_multiple_of(2), ..Options::default() });
    engine.lab(&Lab::large(5));
    let mut maker = Maker::new(seed, &mut engine);
    for number in 0..REQUESTS {
        let request = maker.request();
        let asked = Instant::now();
        let time = Duration::from_secs(3 * number as u64);
        let answered = catch_unwind(AssertUnwindSafe(|| engine.answer(time, &request)));
        let story = || {
            format!("seed {seed}, request {number} after {:?}: {}", start.elapsed(), told(&request))
        };
        let Ok(answer) = answered else { panic!("it panicked\n{}", story()) };
        assert!(asked.elapsed() < SLOW, "it took {:?}\n{}", asked.elapsed(), story());
        if let Answer::Reply(response) = answer {
            let status = response.status().as_u16();
            *answers.entry(status).or_default() += 1;
            // A real engine stumbles over some requests too, with 500; nothing is worse.
            assert!(status <= 500, "{status}\n{}", story());
            maker.learn(response.body());
        }
        if number % 100 == 99 {
            let settled = catch_unwind(AssertUnwindSafe(|| engine.settle()));
            assert!(settled.is_ok(), "work panicked\n{}", story());
            let wrong = check(&mut engine);
            assert!(wrong.is_empty(), "{}\n{}", wrong.join("\n"), story());
        }
    }
}

fn told(request: &http::Request<Bytes>) -> String {
    let body = String::from_utf8_lossy(request.body());
    let shown: String = body.chars().take(2000).collect();
    format!("{} {}\n{:?}\n{shown}", request.method(), request.uri(), request.headers())
}

#[test]
fn the_checker_sees_what_is_wrong() {
    let mut engine = Simulated::new(Options::default());
    engine.lab(&Lab::default());
    assert_eq!(check(&mut engine), Vec::<String>::new());
    let known: HashSet<String> = crate::whole_state::ids(&mut engine);
    assert!(known.len() > 100, "{}", known.len());
}
