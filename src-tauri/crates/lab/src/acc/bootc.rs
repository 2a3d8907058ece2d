//! bootc's boot entries as a state machine without I/O; the words are those of bootc 1.16.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::image::{Image, ImageStore, PullError, digest_of};

/// Why a bootc command failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BootcError {
    #[error("{doing}: {source}")]
    Pull {
        doing: &'static str,
        source: PullError,
    },
    #[error(transparent)]
    NoImage(#[from] PullError),
    #[error("Rolling back: No rollback available")]
    NoRollback,
    #[error("No staged deployment found")]
    NothingStaged,
    #[error("{0}")]
    Injected(String),
}

/// What a command leaves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    pub exit: u32,
    pub stdout: String,
    pub stderr: String,
}

impl Said {
    #[must_use]
    pub fn fine(stdout: impl Into<String>) -> Self {
        Self {
            stdout: stdout.into(),
            ..Self::default()
        }
    }

    #[must_use]
    pub fn error(error: &impl std::fmt::Display) -> Self {
        Self {
            exit: 1,
            stderr: format!("error: {error}\n"),
            ..Self::default()
        }
    }
}

/// One boot entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub image: Image,
    /// Travels with the entry: after a rollback it still offers what was rolled back from.
    pub cached_update: Option<Image>,
    pub download_only: bool,
    pub deploy_serial: u32,
}

impl Entry {
    #[must_use]
    pub fn new(image: Image) -> Self {
        Self {
            image,
            cached_update: None,
            download_only: false,
            deploy_serial: 0,
        }
    }

    fn json(&self) -> Value {
        json!({
            "cachedUpdate": self.cached_update.as_ref().map(image_json),
            "composefs": null,
            "downloadOnly": self.download_only,
            "image": image_json(&self.image),
            "incompatible": false,
            "ostree": {
                "checksum": commit_of(&self.image.digest),
                "deploySerial": self.deploy_serial,
                "stateroot": "default",
            },
            "pinned": false,
            "softRebootCapable": true,
            "store": "ostreeContainer",
        })
    }
}

fn image_json(image: &Image) -> Value {
    json!({
        "architecture": image.architecture,
        "image": {"image": image.reference, "transport": image.transport},
        "imageDigest": image.digest,
        "timestamp": image.built,
        "version": image.version,
    })
}

/// The ostree commit of an image: another hash, the same for the same image.
fn commit_of(digest: &str) -> String {
    digest_of(format!("ostree {digest}").as_bytes())["sha256:".len()..].to_owned()
}

/// What a card is asked to bring itself to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpdateRequest {
    Upgrade {
        download_only: bool,
        apply: bool,
    },
    Switch {
        reference: String,
        transport: String,
        apply: bool,
    },
}

/// What an update comes to, once the registry was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpdatePlan {
    /// Exit 0 with these words, nothing to do.
    Unchanged(&'static str),
    Pull {
        image: Image,
        download_only: bool,
    },
}

/// The entries of an installed card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bootc {
    pub booted: Entry,
    pub staged: Option<Entry>,
    pub rollback: Option<Entry>,
    pub rollback_queued: bool,
}

impl Bootc {
    #[must_use]
    pub fn installed(image: Image) -> Self {
        Self {
            booted: Entry::new(image),
            staged: None,
            rollback: None,
            rollback_queued: false,
        }
    }

    /// As `bootc status --format json` prints it.
    #[must_use]
    pub fn status_json(&self) -> Value {
        let follows = &self.staged.as_ref().unwrap_or(&self.booted).image;
        let order = if self.rollback_queued {
            "rollback"
        } else {
            "default"
        };
        json!({
            "apiVersion": "org.containers.bootc/v1",
            "kind": "BootcHost",
            "metadata": {"name": "host"},
            "spec": {
                "bootOrder": order,
                "image": {"image": follows.reference, "transport": follows.transport},
            },
            "status": {
                "booted": self.booted.json(),
                "readOnly": false,
                "rollback": self.rollback.as_ref().map(Entry::json),
                "rollbackQueued": self.rollback_queued,
                "staged": self.staged.as_ref().map(Entry::json),
                "type": "bootcHost",
                "usrOverlay": null,
            },
        })
    }

    /// Asks the registry what an update would bring.
    ///
    /// # Errors
    /// [`BootcError::Pull`].
    pub fn plan(
        &self,
        request: &UpdateRequest,
        images: &ImageStore,
    ) -> Result<UpdatePlan, BootcError> {
        let now = &self.staged.as_ref().unwrap_or(&self.booted).image;
        let (doing, reference, download_only) = match request {
            UpdateRequest::Upgrade { download_only, .. } => {
                ("Upgrading", &now.reference, *download_only)
            }
            UpdateRequest::Switch {
                reference,
                transport,
                ..
            } => {
                if *reference == now.reference && *transport == now.transport {
                    return Ok(UpdatePlan::Unchanged("Image specification is unchanged.\n"));
                }
                ("Switching", reference, false)
            }
        };
        let image = images
            .pull(reference)
            .map_err(|source| BootcError::Pull { doing, source })?;
        let same = |entry: &Entry| {
            entry.image.digest == image.digest && entry.image.reference == image.reference
        };
        Ok(match &self.staged {
            Some(staged) if same(staged) && staged.download_only == download_only => {
                UpdatePlan::Unchanged("Staged update present, not changed.\n")
            }
            None if same(&self.booted) => UpdatePlan::Unchanged("No update available.\n"),
            Some(_) | None => UpdatePlan::Pull {
                image,
                download_only,
            },
        })
    }

    /// `upgrade --check`: exit 0 both ways; the finding is in the booted entry's cached update.
    ///
    /// # Errors
    /// [`BootcError::Pull`].
    pub fn check(&mut self, images: &ImageStore) -> Result<String, BootcError> {
        let reference = self.booted.image.reference.clone();
        let image = images.pull(&reference).map_err(|source| BootcError::Pull {
            doing: "Upgrading",
            source,
        })?;
        if image.digest == self.booted.image.digest {
            self.booted.cached_update = None;
            return Ok(format!("No changes in: docker://{reference}\n"));
        }
        let text = format!(
            "Update available for: docker://{reference}\n  Version: {}\n  Digest: {}\n",
            image.version.as_deref().unwrap_or_default(),
            image.digest
        );
        self.booted.cached_update = Some(image);
        Ok(text)
    }

    /// The pull has ended: the image waits for the next boot. Answers with bootc's words.
    pub fn stage(&mut self, image: Image, download_only: bool) -> String {
        if image.reference == self.booted.image.reference {
            self.booted.cached_update = Some(image.clone());
        }
        let text = format!(
            "Queued for next boot: docker://{}\n  Version: {}\n  Digest: {}\n",
            image.reference,
            image.version.as_deref().unwrap_or_default(),
            image.digest
        );
        self.rollback_queued = false;
        self.staged = Some(Entry {
            download_only,
            ..Entry::new(image)
        });
        text
    }

    /// `upgrade --from-downloaded`.
    ///
    /// # Errors
    /// [`BootcError::NothingStaged`].
    pub fn release_downloaded(&mut self) -> Result<String, BootcError> {
        let staged = self.staged.as_mut().ok_or(BootcError::NothingStaged)?;
        staged.download_only = false;
        Ok("Staged deployment will now be applied on reboot\n".into())
    }

    /// A toggle; with an update staged, that is discarded first.
    ///
    /// # Errors
    /// [`BootcError::NoRollback`].
    pub fn toggle_rollback(&mut self) -> Result<&'static str, BootcError> {
        if self.rollback.is_none() {
            return Err(BootcError::NoRollback);
        }
        self.staged = None;
        self.rollback_queued = !self.rollback_queued;
        Ok(if self.rollback_queued {
            "Next boot: rollback deployment\n"
        } else {
            "Next boot: current deployment\n"
        })
    }

    /// `switch --mutate-in-place`: another origin, the same image.
    pub fn mutate_origin(&mut self, reference: &str, transport: &str) {
        self.booted.image.reference = reference.to_owned();
        self.booted.image.transport = transport.to_owned();
    }

    /// What a boot makes of the entries. A staged one is only there after an orderly way down
    /// (it is finalized then); a queued rollback was written at once. True where a new image boots.
    pub fn next_boot(&mut self, orderly: bool) -> bool {
        match self.staged.take() {
            Some(staged) if orderly && !staged.download_only => {
                let old = std::mem::replace(&mut self.booted, staged);
                self.rollback = Some(old);
                self.rollback_queued = false;
                true
            }
            Some(_) | None => {
                if self.rollback_queued {
                    self.swap();
                }
                false
            }
        }
    }

    /// GRUB or a queued rollback takes the older entry.
    pub fn swap(&mut self) {
        if let Some(old) = &mut self.rollback {
            std::mem::swap(old, &mut self.booted);
        }
        self.rollback_queued = false;
    }

    /// The entries of a card that tried `bad` and fell back to what is booted now.
    pub fn fall_back_from(&mut self, bad: Image) {
        self.booted.cached_update = Some(bad.clone());
        self.rollback = Some(Entry::new(bad));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use slipway_core::bootc::{BootOrder, parse_status};

    fn card(store: &ImageStore) -> Bootc {
        Bootc::installed(store.image("1.0.0").unwrap())
    }

    fn digest(store: &ImageStore, version: &str) -> String {
        store.image(version).unwrap().digest
    }

    fn update(card: &mut Bootc, store: &ImageStore) {
        let request = UpdateRequest::Upgrade {
            download_only: false,
            apply: false,
        };
        match card.plan(&request, store).unwrap() {
            UpdatePlan::Pull {
                image,
                download_only,
            } => {
                card.stage(image, download_only);
            }
            UpdatePlan::Unchanged(text) => panic!("{text}"),
        }
    }

    /// Every key of a recorded answer is in ours, and no other; values have the same JSON types.
    fn same_shape(path: &str, recorded: &Value, ours: &Value) {
        match (recorded, ours) {
            (Value::Object(a), Value::Object(b)) => {
                let keys = |map: &serde_json::Map<String, Value>| {
                    let mut keys: Vec<String> = map.keys().cloned().collect();
                    keys.sort();
                    keys
                };
                assert_eq!(keys(a), keys(b), "{path}");
                for (key, value) in a {
                    same_shape(&format!("{path}/{key}"), value, &b[key]);
                }
            }
            (Value::Null, Value::Null)
            | (Value::Bool(_), Value::Bool(_))
            | (Value::Number(_), Value::Number(_))
            | (Value::String(_), Value::String(_)) => {}
            other => panic!("{path}: {other:?}"),
        }
    }

    #[test]
    fn the_status_has_the_shape_of_the_recorded_ones() {
        let store = ImageStore::new("10.0.2.2:5055");
        let recorded = |text| serde_json::from_str::<Value>(text).unwrap();
        let mut card = card(&store);
        update(&mut card, &store);
        card.staged.as_mut().unwrap().download_only = true;
        let text = include_str!("../../../core/fixtures/booted_and_staged_download_only.json");
        same_shape("", &recorded(text), &card.status_json());

        card.staged.as_mut().unwrap().download_only = false;
        card.next_boot(true);
        let text = include_str!("../../../core/fixtures/booted_and_rollback.json");
        same_shape("", &recorded(text), &card.status_json());

        card.toggle_rollback().unwrap();
        let text = include_str!("../../../core/fixtures/rollback_queued.json");
        same_shape("", &recorded(text), &card.status_json());
        let status = parse_status(&card.status_json().to_string()).unwrap();
        assert_eq!(status.boot_order, BootOrder::Rollback);
        assert_eq!(
            status.booted.unwrap().architecture.as_deref(),
            Some("arm64")
        );
    }

    #[test]
    fn an_update_boots_after_an_orderly_way_down_only() {
        let store = ImageStore::new("r:1");
        let mut card = card(&store);
        update(&mut card, &store);
        let mut cut = card.clone();
        assert!(!cut.next_boot(false));
        assert_eq!(cut.booted.image.digest, digest(&store, "1.0.0"));
        assert_eq!(cut.staged, None);
        assert!(card.next_boot(true));
        assert_eq!(card.booted.image.digest, digest(&store, "1.1.0"));
        let request = UpdateRequest::Upgrade {
            download_only: false,
            apply: false,
        };
        assert_eq!(
            card.plan(&request, &store).unwrap(),
            UpdatePlan::Unchanged("No update available.\n")
        );
    }

    #[test]
    fn rollback_is_a_toggle_and_the_bad_version_is_still_offered() {
        let store = ImageStore::new("r:1");
        let mut card = card(&store);
        assert_eq!(card.toggle_rollback(), Err(BootcError::NoRollback));
        update(&mut card, &store);
        card.next_boot(true);
        card.toggle_rollback().unwrap();
        assert!(card.rollback_queued);
        card.toggle_rollback().unwrap();
        assert!(!card.rollback_queued);
        card.toggle_rollback().unwrap();
        card.next_boot(true);
        assert_eq!(card.booted.image.digest, digest(&store, "1.0.0"));
        assert!(!card.rollback_queued);
        let offered = card.booted.cached_update.as_ref().unwrap();
        assert_eq!(offered.digest, digest(&store, "1.1.0"));
    }

    #[test]
    fn a_rollback_discards_what_is_staged() {
        let store = ImageStore::new("r:1");
        let mut card = card(&store);
        update(&mut card, &store);
        card.next_boot(true);
        store.promote("1.2.0").unwrap();
        update(&mut card, &store);
        card.toggle_rollback().unwrap();
        assert_eq!(card.staged, None);
        assert!(card.rollback_queued);
    }

    #[test]
    fn a_switch_to_another_reference_is_staged_and_to_the_same_one_is_not() {
        let store = ImageStore::new("r:1");
        let mut card = card(&store);
        let to = |reference: &str| UpdateRequest::Switch {
            reference: reference.into(),
            transport: "registry".into(),
            apply: false,
        };
        assert!(matches!(
            card.plan(&to(&store.reference()), &store),
            Ok(UpdatePlan::Unchanged(_))
        ));
        let Ok(UpdatePlan::Pull { image, .. }) = card.plan(&to("r:1/lab/dpu-os:1.0.0"), &store)
        else {
            panic!("the reference is another")
        };
        card.stage(image, false);
        assert!(matches!(
            card.plan(&to("r:1/lab/dpu-os:1.0.0"), &store),
            Ok(UpdatePlan::Unchanged(_))
        ));
        let said = Said::error(&card.plan(&to("r:1/lab/dpu-os:9"), &store).unwrap_err());
        assert!(said.stderr.starts_with("error: Switching: ") && said.exit == 1);
        assert!(said.stderr.ends_with("manifest unknown\n"));
    }
}
