//! The `If-Match` of a change: the ETag as it was given, and what is tried after 412. No I/O.

/// In the order in which they are sent, each after a 412 for the one before: as it was given; the
/// strong form of a weak one (some compare strongly what they give out weakly); with one pair of
/// quotes where there are two; and none at all (some never match).
pub(crate) fn forms(given: Option<&str>) -> Vec<Option<String>> {
    let mut forms: Vec<Option<String>> = Vec::new();
    if let Some(given) = given.map(str::trim).filter(|given| !given.is_empty()) {
        let strong = given.strip_prefix("W/").unwrap_or(given);
        let once = strong
            .strip_prefix("\"\"")
            .and_then(|rest| rest.strip_suffix("\"\""))
            .map(|bare| format!("\"{bare}\""));
        let all = [Some(given.to_owned()), Some(strong.to_owned()), once];
        for form in all.into_iter().flatten().map(Some) {
            if !forms.contains(&form) {
                forms.push(form);
            }
        }
    }
    forms.push(None);
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_strong_twice_quoted_and_none() {
        let shown = |given: Option<&str>| -> Vec<String> {
            let forms = forms(given).into_iter();
            forms.map(|f| f.unwrap_or_else(|| "-".into())).collect()
        };
        assert_eq!(shown(None), ["-"]);
        assert_eq!(shown(Some(" ")), ["-"]);
        assert_eq!(shown(Some("\"1\"")), ["\"1\"", "-"]);
        assert_eq!(shown(Some("W/\"1\"")), ["W/\"1\"", "\"1\"", "-"]);
        assert_eq!(shown(Some("\"\"1\"\"")), ["\"\"1\"\"", "\"1\"", "-"]);
        let weak_twice = ["W/\"\"1\"\"", "\"\"1\"\"", "\"1\"", "-"];
        assert_eq!(shown(Some("W/\"\"1\"\"")), weak_twice);
    }
}
