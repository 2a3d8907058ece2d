//! Kickstarts as people see them: from a form or brought, masked, and judged.

use slipway_core::{
    kickstart::{self, AreaInclude},
    lint::Finding,
    secret::Password,
    time::ByteCount,
};

use crate::{
    AppError, ErrorCode, Fleet,
    views::{InvalidFormField, KickstartSource, KickstartView},
};

/// A kickstart of more than this is none.
const KICKSTART_LIMIT: u64 = 1 << 20;

/// A main kickstart, ready to go into an ISO.
pub(crate) struct Made {
    pub text: Password,
    shown: String,
    contains_secrets: bool,
    area: Option<String>,
}

impl Fleet {
    /// The kickstart as it would go into an ISO, secrets masked, and what is to be said about it.
    ///
    /// # Errors
    /// A file that can't be read.
    pub async fn kickstart_view(
        &self,
        source: &KickstartSource,
    ) -> Result<KickstartView, AppError> {
        Ok(view_of(&made(source).await?).await)
    }

    /// The kickstart with its secrets, for `slipctl kickstart render --with-secrets`.
    ///
    /// # Errors
    /// A file that can't be read, a field that can't stand in it.
    pub async fn kickstart_text(&self, source: &KickstartSource) -> Result<Password, AppError> {
        match made(source).await? {
            Ok(made) => Ok(made.text),
            Err(invalid) => Err(AppError::invalid(format!(
                "{}: {}",
                invalid.field, invalid.reason
            ))
            .hint("correct the field")),
        }
    }
}

pub(crate) async fn view_of(made: &Result<Made, InvalidFormField>) -> KickstartView {
    match made {
        Ok(made) => {
            let (findings, validated) = findings(&made.text).await;
            KickstartView {
                text: made.shown.clone(),
                contains_secrets: made.contains_secrets,
                findings,
                validated,
                area: made.area.clone(),
                invalid: None,
            }
        }
        Err(invalid) => KickstartView {
            text: String::new(),
            contains_secrets: false,
            findings: vec![],
            validated: false,
            area: None,
            invalid: Some(invalid.clone()),
        },
    }
}

pub(crate) async fn made(
    source: &KickstartSource,
) -> Result<Result<Made, InvalidFormField>, AppError> {
    let brought = match source {
        KickstartSource::Form { form } => return Ok(from_form(form)),
        KickstartSource::Text { text } => text.clone(),
        KickstartSource::File { path } => read_kickstart(path).await?,
    };
    let (text, place) = kickstart::with_area(brought.expose());
    let area = match place {
        AreaInclude::WasThere => "it includes the kickstart area".to_owned(),
        AreaInclude::AddedAt(line) => format!(
            "the kickstart area is included as line {line}, so that a card gets its name and keys"
        ),
    };
    Ok(Ok(Made {
        shown: kickstart::masked(&text),
        contains_secrets: kickstart::holds_secrets(&text),
        text: Password::new(text),
        area: Some(area),
    }))
}

fn from_form(form: &kickstart::KickstartForm) -> Result<Made, InvalidFormField> {
    let both = kickstart::render(form).and_then(|made| Ok((made, kickstart::preview(form)?)));
    match both {
        Ok((made, shown)) => Ok(Made {
            text: made.text,
            shown,
            contains_secrets: made.contains_secrets,
            area: None,
        }),
        Err(error) => Err(InvalidFormField {
            field: error.field.to_owned(),
            reason: error.reason,
        }),
    }
}

pub(crate) async fn read_kickstart(path: &str) -> Result<Password, AppError> {
    let unreadable = |error: std::io::Error| {
        let code = match error.kind() {
            std::io::ErrorKind::NotFound => ErrorCode::NotFound,
            _ => ErrorCode::Other,
        };
        AppError::new(code, format!("the kickstart {path} can't be read"))
            .because(error.to_string())
            .hint("check the path")
    };
    let size = tokio::fs::metadata(path).await.map_err(unreadable)?.len();
    if size > KICKSTART_LIMIT {
        return Err(AppError::invalid(format!(
            "{path} is no kickstart: it has {}",
            ByteCount(size)
        )));
    }
    Ok(Password::new(
        tokio::fs::read_to_string(path).await.map_err(unreadable)?,
    ))
}

/// Ours, then ksvalidator's; worst first. And whether ksvalidator was asked.
async fn findings(text: &Password) -> (Vec<Finding>, bool) {
    let mut all = kickstart::lint(text.expose());
    let validated = slipway_media::ksvalidate(text).await;
    let asked = validated.is_some();
    all.extend(validated.unwrap_or_default());
    all.sort_by_key(|finding| (finding.severity, finding.line.unwrap_or(u32::MAX)));
    (all, asked)
}
