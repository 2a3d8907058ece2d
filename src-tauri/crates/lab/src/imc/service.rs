//! What an IMC's Redfish runs on: a configuration with the hash of its password, and a certificate
//! with its key, all on the persistent partition. As Intel ships a card there is only the template
//! of the configuration, and the service does not start (intel/ipu-redfish, `application/config`).

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::identity::TlsIdentity;
use crate::{files::Files, invented};

/// What the configuration is made from.
pub const TEMPLATE: &str = "/etc/imc-redfish-configuration.json";
pub const CONFIGURATION: &str = "/work/redfish/imc-redfish-configuration.json";
pub const CERTIFICATE: &str = "/work/redfish/certs/server.crt";
pub const KEY: &str = "/work/redfish/certs/server.key";
/// In the template, in place of a hash.
const PLACEHOLDER: &str = "<placeholder>";
/// What the program that hashes a password looks for, blanks and all.
const PASSWORD: &str = "\"password\" : \"";

/// What is in force from a start of the service on.
pub struct InForce {
    pub tls: TlsIdentity,
    /// Of the password.
    pub hash: String,
}

/// What the lab makes of a password; real ones are hashed otherwise.
#[must_use]
pub fn hash(password: &str) -> String {
    let digits = Sha256::digest(password.as_bytes());
    let digits: String = digits.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("$6$lab${digits}")
}

/// A card that somebody has set up: that is how most are met.
pub fn set_up(files: &mut Files, tls: &TlsIdentity, password: &str) {
    files.place(TEMPLATE, invented::CONFIGURATION.as_bytes());
    let text = with_password(invented::CONFIGURATION, &hash(password));
    let text = text.unwrap_or_default().replace("\"eth0\"", "null");
    files.place(CONFIGURATION, text.as_bytes());
    place_identity(files, tls);
}

/// The same for a card that was kept by an earlier release, whose Redfish ran on none of this.
pub fn set_up_if_older(files: &mut Files, tls: &TlsIdentity, password: &str) {
    let template = files.read_text(TEMPLATE).unwrap_or_default();
    if template.contains(PLACEHOLDER) {
        return;
    }
    let (program, text) = invented::HASH_PROGRAM;
    files.place(program, text.as_bytes());
    set_up(files, tls, password);
}

/// A card as it is shipped.
pub fn forget(files: &mut Files) {
    files.remove_all("/work/redfish");
    files.make_directories("/work/redfish");
}

/// A certificate and its key where the service reads them.
pub fn place_identity(files: &mut Files, tls: &TlsIdentity) {
    files.place(CERTIFICATE, tls.certificate_pem().as_bytes());
    files.place(KEY, tls.key_pem().as_bytes());
}

/// What the service would run on; the reason where it would not start.
///
/// # Errors
/// In the words of its log.
pub fn read(files: &Files) -> Result<InForce, String> {
    let text = |path: &str| {
        let read = files.read_text(path);
        read.map_err(|_| format!("Error: {path} does not exist"))
    };
    let hash = password_in(&text(CONFIGURATION)?)
        .filter(|hash| hash != PLACEHOLDER)
        .ok_or_else(|| {
            format!("Error: The password hash is not provisioned in {CONFIGURATION}.")
        })?;
    let tls = TlsIdentity::from_pem(&text(CERTIFICATE)?, &text(KEY)?)
        .map_err(|error| format!("Error: {CERTIFICATE}: {error}"))?;
    Ok(InForce { tls, hash })
}

fn password_in(configuration: &str) -> Option<String> {
    let all: Value = serde_json::from_str(configuration).ok()?;
    Some(all["authentication"]["password"].as_str()?.to_owned())
}

/// The configuration with another hash; `None` where the program finds no line to change.
#[must_use]
pub fn with_password(configuration: &str, hash: &str) -> Option<String> {
    let begins = configuration.find(PASSWORD)? + PASSWORD.len();
    let ends = begins + configuration[begins..].find('"')?;
    Some(format!(
        "{}{hash}{}",
        &configuration[..begins],
        &configuration[ends..]
    ))
}

/// The program that hashes a password, with what is on its standard input. It says so where a
/// password is there already, and then wants a yes first.
///
/// # Errors
/// What it prints where it can't.
pub fn generate_password_hash(files: &mut Files, stdin: &str) -> Result<String, String> {
    let text = files
        .read_text(CONFIGURATION)
        .map_err(|_| format!("Error: {CONFIGURATION} does not exist\n"))?;
    let mut lines = stdin.lines();
    let mut said = String::new();
    if password_in(&text).is_some_and(|hash| hash != PLACEHOLDER) {
        said.push_str("Password is already set.\n");
        if !matches!(lines.next(), Some("Y" | "y")) {
            return Ok(said + "Operation cancelled by user.\n");
        }
    }
    let password = lines.next().unwrap_or_default();
    if password.chars().count() < super::auth::SHORTEST_PASSWORD {
        return Err("Error: Failed to generate password hash\n".into());
    }
    files.place(&format!("{CONFIGURATION}.bak"), text.as_bytes());
    if let Some(changed) = with_password(&text, &hash(password)) {
        files.place(CONFIGURATION, changed.as_bytes());
    }
    Ok(format!("{said}Password updated in {CONFIGURATION}\n"))
}

/// What the configuration calls the service.
#[must_use]
pub fn name(files: &Files) -> Value {
    let text = files.read_text(CONFIGURATION);
    let all: Option<Value> = text.ok().and_then(|text| serde_json::from_str(&text).ok());
    let name = all.and_then(|all| all.get("service").cloned());
    name.unwrap_or_else(|| invented::SERVICE_NAME.into())
}

/// Calls the service otherwise.
pub fn rename(files: &mut Files, wanted: &str) {
    let text = files.read_text(CONFIGURATION).unwrap_or_default();
    let quoted = |name: &Value| format!(": {name}");
    let renamed = text.replacen(&quoted(&name(files)), &quoted(&wanted.into()), 1);
    if renamed != text {
        files.place(CONFIGURATION, renamed.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shipped_card_starts_no_service_until_it_has_a_password_and_a_certificate() {
        let mut files = Files::with_directories(&["/etc", "/work/redfish"]);
        files.place(TEMPLATE, invented::CONFIGURATION.as_bytes());
        let refusal = |files: &Files| read(files).err().unwrap();
        assert!(refusal(&files).contains("does not exist"));
        files.place(CONFIGURATION, invented::CONFIGURATION.as_bytes());
        assert!(refusal(&files).contains("not provisioned"));
        assert!(generate_password_hash(&mut files, "too short\n").is_err());
        let said = generate_password_hash(&mut files, "lab-imc-password\n").unwrap();
        assert!(said.starts_with("Password updated"), "{said}");
        assert!(refusal(&files).contains("server.crt does not exist"));
        let [one, other] = ["one", "other"].map(|name| TlsIdentity::new(name).unwrap());
        place_identity(&mut files, &one);
        let in_force = read(&files).unwrap();
        assert_eq!(in_force.hash, hash("lab-imc-password"));
        assert_eq!(in_force.tls.fingerprint(), one.fingerprint());
        files.place(KEY, other.key_pem().as_bytes());
        assert!(refusal(&files).contains("server.crt"), "not its key");
    }

    #[test]
    fn a_password_is_only_overwritten_on_a_yes_and_only_in_intels_own_form() {
        let mut files = Files::with_directories(&["/etc", "/work/redfish"]);
        set_up(
            &mut files,
            &TlsIdentity::new("x").unwrap(),
            "lab-imc-password",
        );
        let said = generate_password_hash(&mut files, "another-password\n").unwrap();
        assert!(said.ends_with("cancelled by user.\n"), "{said}");
        assert_eq!(read(&files).unwrap().hash, hash("lab-imc-password"));
        generate_password_hash(&mut files, "y\nanother-password\n").unwrap();
        assert_eq!(read(&files).unwrap().hash, hash("another-password"));
        let text = invented::CONFIGURATION.replace("\" :", "\":");
        assert_eq!(with_password(&text, "x"), None);
    }

    #[test]
    fn a_card_that_an_earlier_release_kept_is_set_up_and_one_of_ours_stays_as_it_is() {
        let tls = TlsIdentity::new("x").unwrap();
        let mut files = Files::with_directories(&["/etc", "/work/redfish"]);
        files.place(
            TEMPLATE,
            br#"{"service":"x","restricted-to-interface":null}"#,
        );
        set_up_if_older(&mut files, &tls, "lab-imc-password");
        assert_eq!(read(&files).unwrap().hash, hash("lab-imc-password"));
        assert!(files.exists(invented::HASH_PROGRAM.0));
        forget(&mut files);
        set_up_if_older(&mut files, &tls, "lab-imc-password");
        assert!(read(&files).is_err(), "as shipped, on purpose");
    }

    #[test]
    fn a_service_has_the_name_of_its_configuration() {
        let mut files = Files::with_directories(&["/etc", "/work/redfish"]);
        set_up(
            &mut files,
            &TlsIdentity::new("x").unwrap(),
            "lab-imc-password",
        );
        assert_eq!(name(&files), invented::SERVICE_NAME);
        rename(&mut files, "rack \"7\"");
        assert_eq!(name(&files), "rack \"7\"");
    }
}
