//! Tags of a repository, page by page, and what a tag stands for. Parsing apart from the asking.

use reqwest::{Response, header};
use serde::Deserialize;
use slipway_core::{image::ImageDigest, time::ByteCount};
use url::Url;

/// A page of tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagPage {
    pub tags: Vec<String>,
    /// The next page begins after this tag.
    pub next: Option<String>,
}

/// What a reference names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescribedTag {
    pub digest: ImageDigest,
    pub is_index: bool,
    pub images: Vec<DescribedImage>,
}

/// One image of a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescribedImage {
    pub architecture: String,
    pub digest: ImageDigest,
    pub version: Option<String>,
    pub size: ByteCount,
    pub is_bootc: bool,
}

#[derive(Deserialize)]
pub(super) struct TagList {
    /// `null` where a repository has none left.
    #[serde(default)]
    pub tags: Option<Vec<String>>,
}

/// The sizes in a manifest.
#[derive(Deserialize)]
pub(super) struct Sizes {
    #[serde(default)]
    layers: Vec<Size>,
}

#[derive(Deserialize)]
struct Size {
    #[serde(default)]
    size: u64,
}

impl Sizes {
    pub fn total(&self) -> ByteCount {
        ByteCount(
            self.layers
                .iter()
                .fold(0, |sum, layer| sum.saturating_add(layer.size)),
        )
    }
}

/// The `last` of the page that a `Link: </v2/…?last=b&n=2>; rel="next"` leads to. Only that is
/// taken: where the link itself leads is the registry's business and not ours.
pub(super) fn next_page(response: &Response) -> Option<String> {
    let links = response.headers().get_all(header::LINK);
    links
        .iter()
        .filter_map(|link| link.to_str().ok())
        .find_map(next_of)
}

fn next_of(link: &str) -> Option<String> {
    let (target, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
    let relation = parameters.split(';').map(str::trim);
    relation
        .into_iter()
        .find(|parameter| matches!(*parameter, "rel=\"next\"" | "rel=next"))?;
    let base = Url::parse("https://registry.invalid/").ok()?;
    let url = base.join(target).ok()?;
    let mut pairs = url.query_pairs();
    pairs
        .find(|(name, _)| name == "last")
        .map(|(_, last)| last.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_read_out_of_the_link() {
        for link in [
            r#"</v2/lab/os/tags/list?last=1.0%2B2&n=2>; rel="next""#,
            r#"<https://quay.io/v2/lab/os/tags/list?n=2&last=1.0%2B2>; rel="next""#,
        ] {
            assert_eq!(next_of(link).as_deref(), Some("1.0+2"), "{link}");
        }
        for link in [
            r#"</v2/x?last=b>; rel="prev""#,
            "nonsense",
            r#"</v2/x>; rel="next""#,
        ] {
            assert_eq!(next_of(link), None, "{link}");
        }
    }
}
