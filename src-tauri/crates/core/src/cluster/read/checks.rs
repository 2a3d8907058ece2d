//! What a value must look like. Plain functions over text.

/// What people leave in a file that was copied from a manual; the word that gives it away.
pub fn placeholder(text: &str) -> Option<String> {
    let upper = text.to_ascii_uppercase();
    let words = [
        "CHANGEME",
        "CHANGE_ME",
        "CHANGE-ME",
        "REPLACEME",
        "REPLACE_ME",
        "FIXME",
        "TODO",
        "TBD",
    ];
    let word_in = |word: &str| {
        upper.match_indices(word).any(|(at, found)| {
            let letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
            !letter(upper[..at].chars().next_back())
                && !letter(upper[at + found.len()..].chars().next())
        })
    };
    if let Some(word) = words.iter().find(|word| word_in(word)) {
        return Some((*word).to_owned());
    }
    if let Some(open) = text.find('<')
        && text[open..].contains('>')
    {
        return Some("`<…>`".into());
    }
    if upper.len() >= 3 && upper.chars().all(|c| c == 'X') {
        return Some(text.to_owned());
    }
    let host = text.split("://").last().unwrap_or(text);
    let host = host.split(['/', ':']).next().unwrap_or(host);
    let example = ["example.com", "example.org", "example.net"]
        .iter()
        .find(|domain| host == **domain || host.ends_with(&format!(".{domain}")));
    example.map(|domain| (*domain).to_owned())
}

pub fn is_secret_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["password", "passwd", "secret", "token", "activation_key"]
        .iter()
        .any(|word| key.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_found_and_real_values_are_not() {
        for text in [
            "CHANGEME",
            "CHANGEME-at-least-14-chars",
            "<your imc>",
            "imc.example.com",
            "https://iso.example.com/x.iso",
            "TODO",
            "xxx",
        ] {
            assert!(placeholder(text).is_some(), "{text}");
        }
        for text in [
            "notodolist",
            "imc1.lab",
            "calvin",
            "example",
            "a<b",
            "ftodo1",
            "myexample.com",
        ] {
            assert_eq!(placeholder(text), None);
        }
    }
}
