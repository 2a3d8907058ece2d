//! Headings and elapsed times.

use crate::Result;
use std::time::{Duration, Instant};

/// The steps that have run, with how long each took.
pub struct Steps {
    done: Vec<(String, Duration)>,
}

impl Steps {
    pub fn new() -> Self {
        Self { done: Vec::new() }
    }

    /// Runs one step under its heading. A failure is told with the step's name.
    pub fn run(&mut self, heading: &str, step: impl FnOnce() -> Result) -> Result {
        println!("\n==> {heading}");
        let started = Instant::now();
        let outcome = step();
        let took = started.elapsed();
        match outcome {
            Ok(()) => {
                println!("==> done in {}", clock(took));
                self.done.push((heading.to_owned(), took));
                Ok(())
            }
            Err(error) => {
                self.report();
                Err(format!("{heading}: failed after {}: {error}", clock(took)).into())
            }
        }
    }

    /// What has run, and how long it took.
    pub fn report(&self) {
        println!();
        for (heading, took) in &self.done {
            println!("  {:>8}  {heading}", clock(*took));
        }
        let total = self.done.iter().map(|(_, took)| *took).sum();
        println!("  {:>8}  in all", clock(total));
    }
}

/// `3.2 s`, `12 min 05 s`.
fn clock(time: Duration) -> String {
    match time.as_secs() {
        0..60 => format!("{:.1} s", time.as_secs_f64()),
        seconds => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_for_reading() {
        assert_eq!(clock(Duration::from_millis(3210)), "3.2 s");
        assert_eq!(clock(Duration::from_secs(725)), "12 min 05 s");
    }

    #[test]
    fn a_failure_says_which_step_it_was() {
        let mut steps = Steps::new();
        let error = steps
            .run("window: clicks", || Err("no display".into()))
            .expect_err("fails");
        let error = error.to_string();
        assert!(
            error.starts_with("window: clicks: failed after "),
            "{error}"
        );
        assert!(error.ends_with(": no display"), "{error}");
    }
}
