//! podman's build output: which step of how many. Parsing only.

use serde::{Deserialize, Serialize};
use specta::Type;

/// `[2/3] STEP 4/17: RUN …`: where a build stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct BuildStep {
    /// From 1; a build of one stage is 1 of 1.
    pub stage: u32,
    pub stages: u32,
    /// Within the stage, from 1.
    pub step: u32,
    pub steps: u32,
    /// The instruction, one line, as podman prints it.
    pub instruction: String,
}

impl std::fmt::Display for BuildStep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.stages > 1 {
            write!(f, "stage {} of {}, ", self.stage, self.stages)?;
        }
        write!(
            f,
            "step {} of {}: {}",
            self.step, self.steps, self.instruction
        )
    }
}

/// What a build's log says, read from its beginning.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuildLog {
    /// The last step that was begun.
    pub progress: Option<BuildStep>,
    /// Its lines since then.
    tail: Vec<String>,
    /// podman's own last words: `Error: …`.
    pub error: Option<String>,
}

/// Of a failing step: enough to see a missing package, not a whole dnf run.
const TAIL: usize = 12;

impl BuildLog {
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut log = Self::default();
        for line in text.lines() {
            log.line(line);
        }
        log
    }

    fn line(&mut self, line: &str) {
        if let Some(progress) = step(line) {
            self.progress = Some(progress);
            self.tail.clear();
        } else if let Some(error) = line.strip_prefix("Error: ") {
            self.error = Some(error.to_owned());
        } else if !line.trim().is_empty() && !line.starts_with("--> ") {
            if self.tail.len() == TAIL {
                self.tail.remove(0);
            }
            self.tail.push(line.trim_end().to_owned());
        }
    }

    /// The last lines of the step that was begun last.
    #[must_use]
    pub fn last_lines(&self) -> &[String] {
        &self.tail
    }
}

/// The evidence of a failed build, most general first: the step, its last lines, podman's word.
#[must_use]
pub fn failing_step(log: &BuildLog) -> Vec<String> {
    let mut evidence = Vec::new();
    if let Some(at) = &log.progress {
        evidence.push(at.to_string());
    }
    evidence.extend(log.last_lines().iter().cloned());
    evidence.extend(log.error.clone());
    evidence
}

/// `STEP 2/3: COPY a b` or `[1/2] STEP 2/3: COPY a b`.
fn step(line: &str) -> Option<BuildStep> {
    let (stage, rest) = match line.strip_prefix('[') {
        Some(rest) => {
            let (stage, rest) = rest.split_once("] ")?;
            (of(stage)?, rest)
        }
        None => ((1, 1), line),
    };
    let (numbers, instruction) = rest.strip_prefix("STEP ")?.split_once(": ")?;
    let (step, steps) = of(numbers)?;
    Some(BuildStep {
        stage: stage.0,
        stages: stage.1,
        step,
        steps,
        instruction: instruction.trim_end().to_owned(),
    })
}

fn of(text: &str) -> Option<(u32, u32)> {
    let (done, total) = text.split_once('/')?;
    Some((done.parse().ok()?, total.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// podman 4.3.1 on Debian 12, stdout and stderr in one file.
    const TWO_STAGES: &str = include_str!("recorded/two-stages.log");
    const FAILING: &str = include_str!("recorded/failing-run.log");
    const NO_BASE: &str = include_str!("recorded/no-base-image.log");

    #[test]
    fn the_steps_of_a_recorded_build() {
        let steps: Vec<String> = TWO_STAGES
            .lines()
            .filter_map(step)
            .map(|at| format!("{}/{} {}/{}", at.stage, at.stages, at.step, at.steps))
            .collect();
        assert_eq!(
            steps,
            [
                "1/2 1/3", "1/2 2/3", "1/2 3/3", "2/2 1/4", "2/2 2/4", "2/2 3/4", "2/2 4/4"
            ]
        );
        let log = BuildLog::parse(TWO_STAGES);
        assert_eq!(log.error, None);
        assert_eq!(
            log.progress.unwrap().instruction,
            r#"RUN ["/bin/busybox", "echo", "hello"]"#
        );
    }

    #[test]
    fn a_failed_build_says_the_step_its_last_lines_and_podmans_word() {
        insta::assert_snapshot!(failing_step(&BuildLog::parse(FAILING)).join("\n"), @r#"
        step 3 of 3: RUN ["/bin/busybox", "sh", "-c", "echo no package dpu-tools available; echo second line >&2; exit 7"]
        no package dpu-tools available
        second line
        building at STEP "RUN /bin/busybox sh -c echo no package dpu-tools available; echo second line >&2; exit 7": while running runtime: exit status 7
        "#);
        let evidence = failing_step(&BuildLog::parse(NO_BASE));
        assert_eq!(
            evidence.first().unwrap(),
            "step 1 of 1: FROM 127.0.0.1:1/none:1"
        );
        assert!(evidence.last().unwrap().contains("connection refused"));
    }

    #[test]
    fn what_a_run_step_prints_is_no_step() {
        for line in ["STEP", "STEP x/2: y", "[1/2 STEP 1/2: y", "  STEP 1/2: y"] {
            assert_eq!(step(line), None, "{line}");
        }
    }
}
