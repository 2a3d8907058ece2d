//! Build arguments that are empty where they are used.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{
    LintReport, LintRule, LintSeverity,
    lint::Subject,
    script::{Instruction, Kind, used_variables},
};

/// An ARG before the first FROM is for FROM lines only (Dockerfile reference, "Understand how ARG
/// and FROM interact").
pub fn arguments(subject: &Subject<'_>, report: &mut LintReport) {
    let script = subject.script;
    let mut global: BTreeMap<&str, u32> = BTreeMap::new();
    for instruction in script.instructions.iter().filter(|i| i.stage.is_none()) {
        if let Kind::Arg(all) = &instruction.kind {
            global.extend(
                all.iter()
                    .map(|(name, _)| (name.as_str(), instruction.line)),
            );
        }
    }
    let mut told = BTreeSet::new();
    let mut declared: BTreeSet<&str> = BTreeSet::new();
    let mut from_line = 1;
    for instruction in &script.instructions {
        match &instruction.kind {
            Kind::From { .. } => {
                from_line = instruction.line;
                // Only a stage that goes on with another one inherits.
                if !continues(subject, instruction) {
                    declared.clear();
                }
                continue;
            }
            Kind::Arg(all) if instruction.stage.is_some() => {
                declared.extend(all.iter().map(|(name, _)| name.as_str()));
                continue;
            }
            Kind::Env(all) => declared.extend(all.iter().map(|(name, _)| name.as_str())),
            Kind::Arg(_) | Kind::Run { .. } | Kind::Copy { .. } | Kind::Other => {}
        }
        if instruction.stage.is_none() {
            continue;
        }
        for (line, text) in &instruction.lines {
            for name in used_variables(text) {
                let Some(declared_at) = global.get(name) else {
                    continue;
                };
                if declared.contains(name) || assigned(instruction, name) {
                    continue;
                }
                if told.insert((instruction.stage, name.to_owned())) {
                    report.add(
                        LintRule::ArgBeforeFrom,
                        LintSeverity::Error,
                        *line,
                        None,
                        format!(
                            "{name} is empty here: its ARG on line {declared_at} stands before \
                             FROM and counts for FROM lines only"
                        ),
                        format!("repeat `ARG {name}` after FROM (line {from_line})"),
                    );
                }
            }
        }
    }
}

fn continues(subject: &Subject<'_>, from: &Instruction) -> bool {
    let Kind::From { image, .. } = &from.kind else {
        return false;
    };
    subject.script.instructions.iter().any(|other| {
        matches!(&other.kind, Kind::From { name: Some(name), .. } if name == image)
            && other.line < from.line
    })
}

/// The shell of a RUN step sets it itself.
fn assigned(instruction: &Instruction, name: &str) -> bool {
    instruction.lines.iter().any(|(_, text)| {
        text.contains(&format!("{name}="))
            || text.contains(&format!("for {name} "))
            || text.contains(&format!("read {name}"))
            || text.contains(&format!("read -r {name}"))
    })
}
