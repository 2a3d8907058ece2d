//! Where the images come from that a build begins with or copies from.

use std::collections::{BTreeMap, BTreeSet};

use super::script::{Kind, Script, substitute};
use crate::image::ImageReference;

/// The one registry of all of them. `None`: they are of several or of none, or one's name is short,
/// so that podman completes it, or holds what isn't known.
#[must_use]
pub fn only_registry(text: &str, args: &BTreeMap<String, String>) -> Option<String> {
    let script = Script::parse(text).ok()?;
    let seen = script.seen(args);
    let (_, globals) = seen
        .iter()
        .find(|(instruction, _)| matches!(instruction.kind, Kind::From { .. }))?;
    let mut stages = BTreeSet::from(["scratch"]);
    let mut registries = BTreeSet::new();
    let mut count = 0_usize;
    for instruction in &script.instructions {
        let (image, name) = match &instruction.kind {
            Kind::From { image, name } => (substitute(image, globals), name.as_deref()),
            Kind::Copy {
                from: Some(from), ..
            } => (from.clone(), None),
            Kind::Copy { from: None, .. }
            | Kind::Arg(_)
            | Kind::Env(_)
            | Kind::Run { .. }
            | Kind::Other => continue,
        };
        // Stages have numbers, too.
        let of_a_stage = stages.contains(image.as_str())
            || image.parse::<usize>().is_ok_and(|number| number < count);
        if !of_a_stage {
            let reference: ImageReference = image.parse().ok()?;
            registries.insert(reference.registry().to_owned());
        }
        if matches!(instruction.kind, Kind::From { .. }) {
            count += 1;
            stages.extend(name);
        }
    }
    let only = registries.pop_first()?;
    registries.is_empty().then_some(only)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_is_told_only_where_every_image_is_of_it() {
        let of = |text: &str| only_registry(text, &BTreeMap::new());
        let lab = Some("r.lab:5000".to_owned());
        assert_eq!(of("FROM r.lab:5000/os:1\nRUN true\n"), lab);
        let stages = "ARG BASE=r.lab:5000/os:1\nFROM r.lab:5000/tools AS tools\nRUN true\n\
                      FROM ${BASE} AS os\nCOPY --from=tools /a /a\nCOPY --from=0 /b /b\nFROM os\n";
        assert_eq!(of(stages), lab);
        let given = BTreeMap::from([("BASE".to_owned(), "quay.io/lab/os:2".to_owned())]);
        assert_eq!(only_registry(stages, &given), None);
        for unknown in [
            "FROM scratch\n",
            "FROM fedora\n",
            "FROM r.lab:5000/os:1\nCOPY --from=quay.io/lab/tools /a /a\n",
            "FROM r.lab:5000/os:1 AS a\nFROM $OTHER\nCOPY --from=a /a /a\n",
            "nothing of it",
        ] {
            assert_eq!(of(unknown), None, "{unknown}");
        }
    }
}
