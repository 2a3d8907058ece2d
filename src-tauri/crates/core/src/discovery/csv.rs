//! CSV with a header; columns in any order.

use super::{AddressList, Candidate, shortened};

/// What a column may be called. The first is the name that problems use.
const COLUMNS: [(&str, &[&str]); 8] = [
    ("address", &["address", "imc", "bmc", "bmc_address", "ip"]),
    ("name", &["name"]),
    ("user", &["user", "username", "user_name"]),
    ("profile", &["profile", "credential"]),
    ("host", &["host", "dpu_host"]),
    ("labels", &["labels", "label"]),
    ("ssh", &["ssh", "imc_ssh"]),
    ("acc", &["acc"]),
];

const PASSWORD: &str = "a list holds no passwords: it would lie about in files and mails. Take the \
     column out, and name a credential profile in a column `profile`";

fn meant(header: &str) -> String {
    header.trim().to_lowercase().replace([' ', '-'], "_")
}

fn column(header: &str) -> Option<&'static str> {
    let header = meant(header);
    COLUMNS
        .iter()
        .find(|(_, names)| names.contains(&header.as_str()))
        .map(|(column, _)| *column)
}

fn is_password(header: &str) -> bool {
    let header = meant(header);
    ["password", "passwd", "secret", "passphrase"]
        .iter()
        .any(|word| header.contains(word))
        || ["pass", "pw", "pwd"].contains(&header.as_str())
}

/// Semicolons where the header has more of them: what spreadsheets write in half of the world.
fn delimiter(header: &str) -> u8 {
    let count = |c| header.matches(c).count();
    if count(';') > count(',') { b';' } else { b',' }
}

/// The first line that says something, and its number.
fn header_line(text: &str) -> Option<(usize, &str)> {
    text.lines()
        .enumerate()
        .find(|(_, line)| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
}

/// Whether the first line is a header.
pub(super) fn is_csv(text: &str) -> bool {
    let Some((_, header)) = header_line(text) else {
        return false;
    };
    let names: Vec<&str> = header
        .split(char::from(delimiter(header)))
        .map(|name| name.trim().trim_matches('"'))
        .collect();
    names.iter().any(|name| column(name) == Some("address"))
        || (names.len() > 1 && names.iter().any(|name| column(name).is_some()))
}

pub(super) fn parse(text: &str) -> AddressList {
    let mut found = AddressList::default();
    let Some((skipped, header)) = header_line(text) else {
        return found;
    };
    let body: String = text.split_inclusive('\n').skip(skipped).collect();
    let number = |line: u64| u32::try_from(line + skipped as u64).unwrap_or(u32::MAX);
    let header_number = number(1);
    let mut reader = ::csv::ReaderBuilder::new()
        .delimiter(delimiter(header))
        .flexible(true)
        .has_headers(true)
        .comment(Some(b'#'))
        .trim(::csv::Trim::All)
        .from_reader(body.as_bytes());
    let headers = match reader.headers() {
        Ok(headers) => headers.clone(),
        Err(error) => {
            found.problem(header_number, format!("the header can't be read: {error}"));
            return found;
        }
    };
    let mut columns: Vec<Option<&'static str>> = Vec::new();
    for header in &headers {
        if is_password(header) {
            found.problem(header_number, PASSWORD);
            return found;
        }
        let known = column(header);
        match known {
            None => {
                let header = shortened(header);
                found.problem(
                    header_number,
                    format!("the column `{header}` is not known; it is left out"),
                );
            }
            Some(name) if columns.contains(&known) => {
                found.problem(header_number, format!("there are two columns for `{name}`"));
                return found;
            }
            Some(_) => {}
        }
        columns.push(known);
    }
    if !columns.contains(&Some("address")) {
        found.problem(header_number, "there is no column `address`");
        return found;
    }
    let mut record = ::csv::StringRecord::new();
    loop {
        let at = reader.position().line();
        match reader.read_record(&mut record) {
            Ok(false) => return found,
            Ok(true) => {
                // The position is before the blank lines and comments that were passed over.
                let began = record.position().map_or(at, ::csv::Position::line);
                let line = number(past_nothing(&body, began));
                row(&mut found, line, &columns, &record);
            }
            Err(error) => {
                let line = number(error.position().map_or(at, ::csv::Position::line));
                found.problem(line, format!("the line can't be read: {error}"));
                if error.is_io_error() {
                    return found;
                }
            }
        }
    }
}

/// The first line from this one on that says something; lines count from 1.
fn past_nothing(body: &str, line: u64) -> u64 {
    let first = usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX);
    let passed = (body.lines().skip(first))
        .take_while(|line| line.is_empty() || line.starts_with('#'))
        .count();
    line + passed as u64
}

fn row(
    found: &mut AddressList,
    line: u32,
    columns: &[Option<&'static str>],
    record: &::csv::StringRecord,
) {
    if record.iter().all(str::is_empty) {
        return;
    }
    if record.len() > columns.len() {
        found.problem(
            line,
            format!(
                "{} fields, and the header has {}: quote a field that holds the separator",
                record.len(),
                columns.len()
            ),
        );
        return;
    }
    let field = |wanted: &str| {
        let index = columns.iter().position(|c| *c == Some(wanted))?;
        let text = record.get(index)?;
        (!text.is_empty()).then(|| text.to_owned())
    };
    let Some(address) = field("address") else {
        found.problem(line, "the address is missing");
        return;
    };
    let said = Candidate {
        line,
        address: String::new(),
        name: field("name"),
        user: field("user"),
        profile: field("profile"),
        host: field("host"),
        labels: field("labels")
            .map(|text| {
                text.split([' ', ',', ';', '|'])
                    .filter(|label| !label.is_empty())
                    .map(str::to_owned)
                    .collect()
            })
            .unwrap_or_default(),
        ssh: field("ssh"),
        acc: field("acc"),
        swept: false,
    };
    found.take(&address, &said);
}
