//! The text of the configuration of an IMC's Redfish, in the form that Intel's own programs read
//! (intel/ipu-redfish, `application/config`).

use serde_json::Value;

/// In the template, in place of a password's hash.
pub(super) const PLACEHOLDER: &str = "<placeholder>";
pub(super) const RESTRICTION: &str = "restricted-to-interface";
/// Where the certificate and its key lie, unless it says otherwise.
pub(super) const CERTIFICATES: &str = "/work/redfish/certs";

/// The configuration without its restriction; `None` where it has none, or is no JSON.
pub(super) fn unrestricted(text: &str) -> Option<String> {
    let all: Value = serde_json::from_str(text).ok()?;
    let is_set = |of: &Value| of[RESTRICTION].is_string();
    if !is_set(&all) && !is_set(&all["server"]) {
        return None;
    }
    with_value(text, RESTRICTION, "null")
}

/// Whether somebody set one; what can't be read is somebody's own.
pub(super) fn has_password(text: &str) -> bool {
    let Ok(all) = serde_json::from_str::<Value>(text) else {
        return true;
    };
    let password = all["authentication"]["password"].as_str();
    !matches!(password, None | Some("" | PLACEHOLDER))
}

/// Older ones have it in a connector.
pub(super) fn certificates_in(text: &str) -> Option<String> {
    let all: Value = serde_json::from_str(text).ok()?;
    let server = &all["server"];
    let folder = [server, &server["connectors"][0]]
        .into_iter()
        .find_map(|of| of["certs-directory"].as_str())?;
    Some(folder.trim_end_matches('/').to_owned())
}

/// The text with another value for the first string of this name, and everything else as it was:
/// Intel's programs read the file by its lines (`"password" : "…"`), so that JSON printed anew
/// would be no configuration to them.
pub(super) fn with_value(text: &str, name: &str, json: &str) -> Option<String> {
    let name = format!("\"{name}\"");
    let after = text.find(&name)? + name.len();
    let begins = after + text[after..].find('"')?;
    if text[after..begins].trim() != ":" {
        return None;
    }
    let ends = begins + 1 + text[begins + 1..].find('"')?;
    Some(format!("{}{json}{}", &text[..begins], &text[ends + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the form that Intel's programs look for.
    const SHIPPED: &str = r#"{
    "service" : "Intel IPU Redfish Service",
    "server": {
        "restricted-to-interface" : "eth0",
        "certs-directory" : "/work/redfish/certs"
    },
    "authentication" : {
        "username" : "root",
        "password" : "<placeholder>"
    }
}
"#;

    #[test]
    fn only_a_restriction_is_taken_out_and_the_form_stays() {
        let free = unrestricted(SHIPPED).unwrap();
        let wanted = SHIPPED.replace(
            r#""restricted-to-interface" : "eth0""#,
            r#""restricted-to-interface" : null"#,
        );
        assert_eq!(free, wanted);
        assert_eq!(unrestricted(&free), None);
        let flat = r#"{"restricted-to-interface":"eth0"}"#;
        assert_eq!(
            unrestricted(flat).unwrap(),
            r#"{"restricted-to-interface":null}"#
        );
        assert_eq!(unrestricted("not JSON"), None);
        assert_eq!(unrestricted(r#"{"service":"x"}"#), None);
    }

    #[test]
    fn a_placeholder_is_no_password_and_what_cannot_be_read_is_left_alone() {
        assert!(!has_password(SHIPPED));
        let set = with_value(SHIPPED, "password", r#""$6$x$y""#).unwrap();
        assert!(has_password(&set) && set.contains(r#""password" : "$6$x$y""#));
        assert_eq!(
            with_value(&set, "password", r#""<placeholder>""#).unwrap(),
            SHIPPED
        );
        assert!(!has_password(r#"{"authentication":{"password":""}}"#));
        assert!(has_password("not JSON"));
        assert_eq!(
            with_value(r#"{"password": null, "x": "y"}"#, "password", "1"),
            None
        );
    }

    #[test]
    fn certificates_lie_where_the_configuration_says() {
        assert_eq!(certificates_in(SHIPPED).unwrap(), CERTIFICATES);
        let older = r#"{"server":{"connectors":[{"certs-directory":"/work/certs/"}]}}"#;
        assert_eq!(certificates_in(older).unwrap(), "/work/certs");
        assert_eq!(certificates_in("{}"), None);
    }
}
