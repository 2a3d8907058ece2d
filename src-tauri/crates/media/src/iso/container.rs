//! The image in an OCI directory, on an ISO or on the disk: which one it is for an architecture.

use slipway_core::{
    image::{ImageDigest, ImageReference},
    iso::CONTAINER_DIR,
};

use super::{
    IsoError,
    inside::{bad, parsed},
};
use crate::oci::{self, Descriptor, Document};

/// The image in the OCI directory.
pub(crate) struct Container {
    /// Of the image manifest for the architecture, not of an index.
    pub digest: ImageDigest,
    pub reference: Option<ImageReference>,
    pub version: Option<String>,
    /// `aarch64`, `x86_64`.
    pub architecture: Option<String>,
}

/// Reads a file by its path on the ISO, `/container/…`; `None` where there is none.
pub(crate) struct Files<'a>(pub &'a ReadFile<'a>);

type ReadFile<'a> = dyn Fn(&str) -> Result<Option<Vec<u8>>, IsoError> + 'a;

/// The image for the architecture; the only one where the architecture is not known.
pub(crate) fn read(
    files: &Files<'_>,
    architecture: Option<&str>,
) -> Result<Option<Container>, IsoError> {
    files.container(architecture)
}

impl Files<'_> {
    fn container(&self, architecture: Option<&str>) -> Result<Option<Container>, IsoError> {
        let index_path = format!("/{CONTAINER_DIR}/index.json");
        let Some(index) = (self.0)(&index_path)? else {
            return Ok(None);
        };
        let Document::Index { manifests } = parsed(&index_path, &index)? else {
            return Err(bad(&index_path, "it is no OCI index".into()));
        };
        let mut chosen = one_of(&manifests, architecture, &index_path)?.clone();
        let reference = chosen.annotations.get(oci::REF_NAME);
        // `skopeo copy oci:DIR:latest` writes a bare tag there, which names no image.
        let reference = reference.and_then(|name| name.parse().ok());
        let config = match self.blob_document(&chosen)? {
            Document::Manifest { config } => config,
            Document::Index { manifests } => {
                let path = blob_path(&chosen.digest);
                chosen = one_of(&manifests, architecture, &path)?.clone();
                match self.blob_document(&chosen)? {
                    Document::Manifest { config } => config,
                    Document::Index { .. } => {
                        let reason = "it is an index in an index".to_owned();
                        return Err(bad(&blob_path(&chosen.digest), reason));
                    }
                }
            }
        };
        let path = blob_path(&config.digest);
        let config: oci::Config = parsed(&path, &self.blob(&config)?)?;
        let machine = config.architecture.as_deref().map(|a| match a {
            "arm64" => "aarch64",
            "amd64" => "x86_64",
            other => other,
        });
        Ok(Some(Container {
            digest: chosen.digest,
            reference,
            version: config.version(),
            architecture: machine.map(str::to_owned),
        }))
    }

    fn blob_document(&self, descriptor: &Descriptor) -> Result<Document, IsoError> {
        parsed(&blob_path(&descriptor.digest), &self.blob(descriptor)?)
    }

    /// A blob whose bytes have the digest that its name says.
    fn blob(&self, descriptor: &Descriptor) -> Result<Vec<u8>, IsoError> {
        let path = blob_path(&descriptor.digest);
        let bytes = (self.0)(&path)?.ok_or_else(|| bad(&path, "it is missing".into()))?;
        let seen = oci::digest_of(&bytes);
        if seen != descriptor.digest {
            return Err(bad(&path, format!("its content is {seen}")));
        }
        Ok(bytes)
    }
}

fn blob_path(digest: &ImageDigest) -> String {
    let digits = digest.as_str().trim_start_matches("sha256:");
    format!("/{CONTAINER_DIR}/blobs/sha256/{digits}")
}

/// The only image, or the one of the architecture.
fn one_of<'a>(
    manifests: &'a [Descriptor],
    architecture: Option<&str>,
    path: &str,
) -> Result<&'a Descriptor, IsoError> {
    match (manifests, architecture) {
        ([], _) => Err(bad(path, "it lists no image".into())),
        ([only], _) => Ok(only),
        (several, Some(machine)) => oci::choose(several, oci::oci_architecture(machine))
            .ok_or_else(|| bad(path, format!("it lists no image for {machine}"))),
        (_, None) => {
            let reason = "it lists several images, and the ISO does not tell its architecture";
            Err(bad(path, reason.into()))
        }
    }
}
