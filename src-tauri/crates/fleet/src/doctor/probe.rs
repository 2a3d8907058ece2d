//! Can the IMC itself get at our ISO server? A small file is served for the question and taken down
//! after it: never an ISO, for the URL stands in the IMC's list of processes for a moment.

use std::path::PathBuf;

use slipway_core::{
    doctor::{Asked, MediaSeen, ask},
    dpu::Dpu,
    failure::StepError,
    job::Policy,
    ports::{MediaServer, Publication, Remote},
    time::ByteCount,
};

use crate::{Fleet, access::local, media::MediaDesk};

const FILE_NAME: &str = "slipway-doctor.txt";
const TEXT: &str = "Slipway's doctor asks whether an IMC gets at this ISO server.\n";

/// What is served for a question; taken down when dropped, so also where nobody waits for the
/// answer any more.
struct Served {
    desk: MediaDesk,
    token: String,
    url: url::Url,
}

impl Drop for Served {
    fn drop(&mut self) {
        let (desk, token) = (self.desk.clone(), self.token.clone());
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { desk.unpublish(&token).await });
        }
    }
}

impl Fleet {
    pub(super) async fn ask_media(
        &self,
        dpu: &Dpu,
        shell: &dyn Remote,
        policy: &Policy,
    ) -> Asked<MediaSeen> {
        let served = match self.serve_probe(dpu).await {
            Ok(served) => served,
            Err(error) => {
                let causes = error.causes.iter().map(|cause| format!(" ({cause})"));
                let causes: String = causes.collect();
                return Asked::NotAsked(format!("nothing can be served: {error}{causes}"));
            }
        };
        let ca = self.ca_certificate_pem();
        let asked = ask::media(shell, &served.url, ca, policy.command()).await;
        asked.into()
    }

    async fn serve_probe(&self, dpu: &Dpu) -> Result<Served, StepError> {
        let path = self.probe_file().await?;
        let token = slipway_media::new_token();
        let publication = Publication {
            token: token.clone(),
            file_name: FILE_NAME.to_owned(),
            iso_path: path,
            size: ByteCount(TEXT.len() as u64),
            overlay: None,
        };
        let desk = &self.inner.media;
        let url = desk
            .towards(&dpu.imc_redfish)
            .await?
            .publish(publication)
            .await?;
        Ok(Served {
            desk: desk.clone(),
            token,
            url,
        })
    }

    /// In the data folder; several doctors share it, so it is put there in one piece.
    async fn probe_file(&self) -> Result<PathBuf, StepError> {
        let path = self.inner.config.data_dir.join(FILE_NAME);
        if tokio::fs::read(&path)
            .await
            .is_ok_and(|text| text == TEXT.as_bytes())
        {
            return Ok(path);
        }
        let half = path.with_extension(slipway_media::new_token());
        tokio::fs::write(&half, TEXT).await.map_err(local)?;
        tokio::fs::rename(&half, &path).await.map_err(local)?;
        Ok(path)
    }
}
