//! Container images that come with the bootc image: logically bound ones, by quadlets in
//! `bound-images.d`, and physically bound ones, in the image's own layers.

use super::super::{
    Binding, BoundImage, LintReport,
    lint::{Content, PutFile, Subject},
    script::Kind,
};

const BOUND_DIR: &str = "/usr/lib/bootc/bound-images.d";

/// `Image=` of a quadlet (`.container`, `.image`).
#[must_use]
pub fn quadlet_image(text: &str) -> Option<&str> {
    text.lines()
        .find_map(|line| line.trim().strip_prefix("Image="))
        .map(str::trim)
}

pub fn bound_images(subject: &Subject<'_>, report: &mut LintReport) {
    // A link or a file in bound-images.d, by COPY.
    for file in subject
        .put
        .iter()
        .filter(|file| file.to.starts_with(BOUND_DIR))
    {
        let image = match file.content {
            Content::Text(text) => quadlet_image(text).map(str::to_owned),
            Content::Link(to) => quadlet(&subject.put, to),
            Content::Unknown => None,
        };
        report.bound_images.push(BoundImage {
            binding: Binding::Logical,
            image: image.unwrap_or_else(|| format!("(not read: {})", file.to)),
            by: file.to.clone(),
            line: Some(file.line),
        });
    }
    for (instruction, _) in &subject.seen {
        let Kind::Run { .. } = instruction.kind else {
            continue;
        };
        for (line, text) in &instruction.lines {
            let words: Vec<&str> = text
                .split(|c: char| c.is_whitespace() || ";&|()".contains(c))
                .filter(|word| !word.is_empty())
                .collect();
            if words.contains(&"ln") && text.contains(BOUND_DIR) {
                logical(&words, *line, &subject.put, report);
            }
            physical(&words, *line, report);
        }
    }
}

/// `ln -s /usr/share/containers/systemd/x.container /usr/lib/bootc/bound-images.d/`
fn logical(words: &[&str], line: u32, put: &[PutFile<'_>], report: &mut LintReport) {
    let quadlets = words.iter().filter(|word| {
        word.starts_with('/')
            && !word.starts_with(BOUND_DIR)
            && (word.ends_with(".container") || word.ends_with(".image"))
    });
    for path in quadlets {
        report.bound_images.push(BoundImage {
            binding: Binding::Logical,
            image: quadlet(put, path).unwrap_or_else(|| format!("(not read: {path})")),
            by: (*path).to_owned(),
            line: Some(line),
        });
    }
}

fn quadlet(put: &[PutFile<'_>], path: &str) -> Option<String> {
    let name = path.rsplit('/').next()?;
    let at_path = put.iter().find(|file| file.to == path);
    let by_name = || {
        put.iter()
            .find(|file| file.to.rsplit('/').next() == Some(name) && file.text().is_some())
    };
    let text = at_path.or_else(by_name)?.text()?;
    quadlet_image(text).map(str::to_owned)
}

/// `skopeo copy docker://X …` and `podman pull X` in a RUN step.
fn physical(words: &[&str], line: u32, report: &mut LintReport) {
    let image = if words.windows(2).any(|pair| pair == ["skopeo", "copy"]) {
        words.iter().find_map(|word| word.strip_prefix("docker://"))
    } else if words.windows(2).any(|pair| pair == ["podman", "pull"]) {
        let after = words.iter().position(|word| *word == "pull");
        after.and_then(|at| {
            words[at + 1..]
                .iter()
                .find(|word| !word.starts_with('-') && word.contains('/') && !word.starts_with('/'))
                .copied()
        })
    } else {
        None
    };
    if let Some(image) = image {
        report.bound_images.push(BoundImage {
            binding: Binding::Physical,
            image: image.trim_matches(['"', '\'']).to_owned(),
            by: "RUN".into(),
            line: Some(line),
        });
    }
}
