//! What the first page shows, handed over with the page itself: it is then drawn once and whole,
//! and waits for no answer (ADR 0025).
//!
//! It is read while WebKit's processes come up, and given to one page only: a page that is loaded
//! again asks.

use std::{
    borrow::Cow,
    sync::{Arc, Mutex},
};

use serde::{Deserialize, Serialize};
use slipway_fleet::{
    AppError, Fleet,
    views::{AppInfo, DpuPage, DpuQuery, JobRow, Overview},
};
use specta::Type;
use tauri::http::{Request, Response};

use crate::{commands::desk::DeskState, state::Desk};

/// As many rows as the page asks for at once: `PAGE_ROWS` in `ui/src/ipc/queries/dpus.ts`.
const PAGE_ROWS: u32 = 100;

/// The page's own text; its other files are left as they are.
const PAGE: &str = "text/html";

/// The data stand before this, so that they are there when the page's code runs.
const END_OF_HEAD: &str = "</head>";

/// What a page is otherwise told on its first questions, one field for each.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct FirstLook {
    pub desk: DeskState,
    pub app: AppInfo,
    /// Jobs that run.
    pub running: Vec<JobRow>,
    /// For the page that the window begins with, where that is the one or the other.
    pub overview: Option<Overview>,
    pub cards: Option<FirstCards>,
}

/// The first rows of the table of cards, and the question that they answer.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct FirstCards {
    pub query: DpuQuery,
    pub page: DpuPage,
}

impl FirstLook {
    /// For a window that begins with the page of this route; an empty one is the overview's.
    ///
    /// # Errors
    /// What the database could not say; the page then asks by itself, and tells of it.
    pub async fn at(route: &str, desk: &Desk, fleet: &Fleet) -> Result<Self, AppError> {
        let overview = async {
            match route {
                "" | "/" | "/overview" => fleet.overview().await.map(Some),
                _ => Ok(None),
            }
        };
        let cards = async {
            match route {
                "/cards" => first_cards(fleet).await.map(Some),
                _ => Ok(None),
            }
        };
        let (app, running, overview, cards) =
            tokio::try_join!(fleet.info(), fleet.jobs(None, true), overview, cards)?;
        Ok(Self {
            desk: desk.state(),
            app,
            running,
            overview,
            cards,
        })
    }

    /// As an element that no browser runs, and that no text in it can end.
    fn element(&self) -> serde_json::Result<String> {
        let json = serde_json::to_string(self)?.replace('<', "\\u003c");
        Ok(format!(
            r#"<script type="application/json" id="first-look">{json}</script>"#
        ))
    }
}

async fn first_cards(fleet: &Fleet) -> Result<FirstCards, AppError> {
    let query = DpuQuery {
        limit: PAGE_ROWS,
        ..DpuQuery::default()
    };
    let page = fleet.dpus(&query).await?;
    Ok(FirstCards { query, page })
}

/// Where the look waits for the page, or the page finds nothing.
#[derive(Debug, Clone, Default)]
pub struct Slot(Arc<Mutex<Option<FirstLook>>>);

impl Slot {
    pub fn put(&self, look: FirstLook) {
        if let Ok(mut slot) = self.0.lock() {
            *slot = Some(look);
        }
    }

    /// Writes the look into the page's text, once.
    pub fn hand_over(&self, _: &Request<Vec<u8>>, page: &mut Response<Cow<'static, [u8]>>) {
        if !is_page(page) {
            return;
        }
        let look = self.0.lock().ok().and_then(|mut slot| slot.take());
        let Some(Ok(element)) = look.map(|look| look.element()) else {
            return;
        };
        if let Some(with) = std::str::from_utf8(page.body())
            .ok()
            .and_then(|text| before_end_of_head(text, &element))
        {
            *page.body_mut() = Cow::Owned(with.into_bytes());
        }
    }
}

fn is_page(response: &Response<Cow<'static, [u8]>>) -> bool {
    let kind = response.headers().get("content-type");
    kind.and_then(|value| value.to_str().ok())
        .is_some_and(|text| text.starts_with(PAGE))
}

fn before_end_of_head(page: &str, element: &str) -> Option<String> {
    let at = page.find(END_OF_HEAD)?;
    Some([&page[..at], element, &page[at..]].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE_TEXT: &str = "<!doctype html><html><head><title>Slipway</title></head></html>";

    fn look(version: &str) -> FirstLook {
        FirstLook {
            desk: DeskState {
                open: true,
                error: None,
                has_secret_file: false,
                data_dir: "/d".into(),
            },
            app: AppInfo {
                version: version.into(),
                data_dir: "/d".into(),
                secrets: "system keyring".into(),
                ca_fingerprint: format!("SHA256:{}", "x".repeat(43)).parse().unwrap(),
                fleet_key: String::new(),
                media_url: String::new(),
                lab: false,
                runs_jobs: true,
            },
            running: vec![],
            overview: None,
            cards: None,
        }
    }

    fn answer(kind: &str, text: &'static str) -> Response<Cow<'static, [u8]>> {
        let answer = Response::builder().header("content-type", kind);
        answer.body(Cow::Borrowed(text.as_bytes())).unwrap()
    }

    fn given(slot: &Slot, kind: &str) -> String {
        let mut page = answer(kind, PAGE_TEXT);
        slot.hand_over(&Request::new(vec![]), &mut page);
        String::from_utf8(page.body().to_vec()).unwrap()
    }

    #[test]
    fn the_first_page_has_the_look_in_its_head_and_the_next_one_has_none() {
        let slot = Slot::default();
        slot.put(look("0.1.0"));
        assert_eq!(given(&slot, "text/css"), PAGE_TEXT, "only a page takes it");
        let first = given(&slot, "text/html");
        let (head, rest) = first.split_once("</head>").unwrap();
        assert_eq!(rest, "</html>");
        let (_, element) = head.split_once(r#"id="first-look">"#).unwrap();
        let json = element.strip_suffix("</script>").unwrap();
        let back: FirstLook = serde_json::from_str(json).unwrap();
        assert_eq!(back.app.version, "0.1.0");
        assert_eq!(given(&slot, "text/html"), PAGE_TEXT);
    }

    #[test]
    fn no_text_in_it_ends_the_element() {
        let element = look("</script><script>alert(1)</script><!--")
            .element()
            .unwrap();
        assert_eq!(element.matches('<').count(), 2, "{element}");
    }
}
