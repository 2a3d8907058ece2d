//! The last crawl as the service wrote it, for the support view.

use slipway_core::ids::BmcId;

use crate::{
    AppError, Fleet,
    views::{RawText, RawView},
};

impl Fleet {
    /// Every resource of the last crawl.
    ///
    /// # Errors
    /// [`crate::ErrorCode::NotFound`] where it was never read.
    pub async fn raw_bmc(&self, id: &BmcId) -> Result<RawView, AppError> {
        let Some((resources, read_at)) = self.store().raw(id).await? else {
            return Err(AppError::not_found("all of this service was never read")
                .hint("`slipctl bmc inventory` reads it"));
        };
        let resources = resources
            .into_iter()
            .map(|resource| RawText {
                path: resource.path,
                body: format!("{:#}", resource.body),
            })
            .collect();
        Ok(RawView { read_at, resources })
    }
}
