//! The fleet as a list: pages, counts, images in use.

use serde::{Deserialize, Serialize};
use slipway_core::{
    dpu::{Dpu, DpuFacts, HeadlineState},
    image::ImageDigest,
    job::Job,
};
use specta::Type;
use sqlx::{AssertSqlSafe, SqliteConnection, sqlite::SqliteRow};

use crate::{
    Store, StoreError,
    columns::{Columns, anywhere, from_word},
    dpus::{dpu_of, facts_of, rank},
    jobs::readable_as,
};

/// What the list is sorted by; cards that are equal in it are sorted by name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum DpuSort {
    /// In the order of people: `dpu-2` before `dpu-10`.
    #[default]
    Name,
    /// What needs somebody comes first.
    State,
    Host,
    Version,
    /// Never seen comes first.
    LastSeen,
}

/// Which part of the fleet to list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct DpuQuery {
    /// A part of the name, the host, the IMC's address, a label or the booted version, in any case.
    pub search: Option<String>,
    /// Only these; all where empty.
    pub states: Vec<HeadlineState>,
    pub sort: DpuSort,
    pub descending: bool,
    pub offset: u32,
    /// At most 1,000; 0 means 100.
    pub limit: u32,
}

/// One card of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DpuRow {
    pub dpu: Dpu,
    pub facts: DpuFacts,
    /// The active job, else the one that was submitted last.
    pub last_job: Option<Job>,
}

/// A part of the fleet, as of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DpuPage {
    pub rows: Vec<DpuRow>,
    /// How many cards the query finds, on all pages.
    pub total: u32,
    /// How many of each state the search finds, whatever `states` says; worst first, none that
    /// are zero.
    pub counts: Vec<(HeadlineState, u32)>,
}

/// A booted image and how many cards run it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ImageInUse {
    pub digest: ImageDigest,
    pub version: Option<String>,
    pub cards: u32,
}

/// The columns of `job`, but for an `id` of its own.
const JOB_COLUMNS: &str =
    "j.id AS job_id, j.subject, j.spec, j.state, j.facts, j.state_since, j.wait,
    j.attempt, j.version, j.wake_at, j.created_at, j.ended_at, j.cancel_requested, j.seen";

const MAX_LIMIT: u32 = 1_000;
const DEFAULT_LIMIT: u32 = 100;

impl DpuQuery {
    fn search(&self) -> Option<&str> {
        self.search
            .as_deref()
            .map(str::trim)
            .filter(|text| !text.is_empty())
    }

    fn limit(&self) -> u32 {
        match self.limit {
            0 => DEFAULT_LIMIT,
            limit => limit.min(MAX_LIMIT),
        }
    }

    /// Only fragments that are written here; what was typed is bound as `$1`.
    fn filter(&self) -> String {
        let mut filter = String::from("1 = 1");
        if self.search().is_some() {
            filter.push_str(" AND l.search LIKE $1 ESCAPE '\\'");
        }
        if !self.states.is_empty() {
            let ranks: Vec<String> = self.states.iter().map(|s| rank(*s).to_string()).collect();
            filter.push_str(&format!(" AND l.headline_rank IN ({})", ranks.join(", ")));
        }
        filter
    }

    fn order(&self) -> String {
        let way = if self.descending { "DESC" } else { "ASC" };
        let key = match self.sort {
            DpuSort::Name => return format!("l.name_key {way}, l.dpu {way}"),
            DpuSort::State => "headline_rank",
            DpuSort::Host => "host_key",
            DpuSort::Version => "version_key",
            DpuSort::LastSeen => "last_seen",
        };
        format!("l.{key} {way}, l.name_key {way}, l.dpu {way}")
    }

    /// The page is cut out first: what is joined to it is read for its rows only.
    fn page_sql(&self) -> String {
        let (filter, order) = (self.filter(), self.order());
        let (limit, offset) = (self.limit(), self.offset);
        format!(
            "WITH page AS (
                 SELECT l.dpu FROM dpu_line l WHERE {filter}
                 ORDER BY {order} LIMIT {limit} OFFSET {offset}
             )
             SELECT d.*, f.facts AS card_facts, {JOB_COLUMNS}
             FROM page
             JOIN dpu_line l ON l.dpu = page.dpu
             JOIN dpu d ON d.id = page.dpu
             JOIN dpu_facts f ON f.dpu = page.dpu
             LEFT JOIN job j ON j.id = (
                 SELECT newest.id FROM job newest WHERE newest.subject = page.dpu
                 ORDER BY newest.created_at DESC, newest.id DESC LIMIT 1
             )
             ORDER BY {order}"
        )
    }
}

fn row_of(row: &SqliteRow) -> Result<DpuRow, StoreError> {
    let has_job = row.maybe_text("job_id")?.is_some();
    Ok(DpuRow {
        dpu: dpu_of(row)?,
        facts: facts_of(row, "card_facts")?,
        last_job: has_job.then(|| readable_as(row, "job_id")).flatten(),
    })
}

async fn counts(
    connection: &mut SqliteConnection,
    search: Option<&str>,
) -> Result<Vec<(HeadlineState, u32)>, StoreError> {
    let query = match search {
        None => sqlx::query(
            "SELECT MIN(headline) AS headline, COUNT(*) AS cards FROM dpu_line
             GROUP BY headline_rank ORDER BY headline_rank",
        ),
        Some(text) => sqlx::query(
            "SELECT MIN(headline) AS headline, COUNT(*) AS cards FROM dpu_line WHERE search LIKE $1 ESCAPE '\\'
             GROUP BY headline_rank ORDER BY headline_rank",
        )
        .bind(anywhere(text)),
    };
    let rows = query.fetch_all(connection).await?;
    rows.iter()
        .map(|row| {
            Ok((
                from_word("headline", row.text("headline")?)?,
                row.number("cards")?,
            ))
        })
        .collect()
}

impl Store {
    /// # Errors
    /// [`StoreError`] where the database can't be read.
    pub async fn dpus_page(&self, query: &DpuQuery) -> Result<DpuPage, StoreError> {
        // One read transaction: rows and numbers are of the same moment.
        let mut tx = self.read.begin().await?;
        let counts = counts(&mut tx, query.search()).await?;
        let mut page = sqlx::query(AssertSqlSafe(query.page_sql()));
        if let Some(text) = query.search() {
            page = page.bind(anywhere(text));
        }
        let rows = page.fetch_all(&mut *tx).await?;
        tx.rollback().await?;
        let asked = |state: &HeadlineState| query.states.is_empty() || query.states.contains(state);
        Ok(DpuPage {
            rows: rows.iter().map(row_of).collect::<Result<_, _>>()?,
            total: counts
                .iter()
                .filter(|(state, _)| asked(state))
                .map(|(_, cards)| cards)
                .sum(),
            counts,
        })
    }

    /// How many cards are in each state, worst first; none that are zero.
    ///
    /// # Errors
    /// [`StoreError`] where the database can't be read.
    pub async fn headline_counts(&self) -> Result<Vec<(HeadlineState, u32)>, StoreError> {
        let mut connection = self.read.acquire().await?;
        counts(&mut connection, None).await
    }

    /// The booted images of the fleet, most used first.
    ///
    /// # Errors
    /// [`StoreError`] where the database can't be read.
    pub async fn images_in_use(&self) -> Result<Vec<ImageInUse>, StoreError> {
        let rows = sqlx::query(
            "SELECT booted_digest, MAX(version) AS version, COUNT(*) AS cards FROM dpu_line
             WHERE booted_digest IS NOT NULL
             GROUP BY booted_digest ORDER BY COUNT(*) DESC, booted_digest",
        )
        .fetch_all(&self.read)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(ImageInUse {
                    digest: row.parsed("booted_digest")?,
                    version: row.maybe_text("version")?,
                    cards: row.number("cards")?,
                })
            })
            .collect()
    }
}
