//! This machine's port to the cards of a file that is open in the window: looked at, and set up by
//! hand.

use crate::{
    AppError, Fleet, NetworkCard,
    views::{ClusterCardName, ClusterOpen},
};

impl Fleet {
    /// [`Self::plan_network`] for just these cards. Changes nothing.
    ///
    /// # Errors
    /// A file that can't be read; errors in it; a file that asks for no network; the database.
    pub async fn plan_opened_network(
        &self,
        open: &ClusterOpen,
        cards: &[ClusterCardName],
    ) -> Result<Vec<NetworkCard>, AppError> {
        let mut opened = self.open_cluster(open).await?;
        opened.choose(cards)?;
        opened.refuse_errors()?;
        self.plan_network(&opened.import, &opened.request).await
    }

    /// [`Self::network_up`] for just these cards; answers with what was done.
    ///
    /// # Errors
    /// As [`Self::plan_opened_network`]; a file that was changed since it was shown; what keeps any
    /// of it from being set up, and then nothing was done.
    pub async fn set_up_opened_network(
        &self,
        open: &ClusterOpen,
        seen: &str,
        cards: &[ClusterCardName],
    ) -> Result<Vec<String>, AppError> {
        let mut opened = self.open_cluster(open).await?;
        opened.refuse_change(seen)?;
        opened.choose(cards)?;
        opened.refuse_errors()?;
        let plan = self.plan_network(&opened.import, &opened.request).await?;
        self.network_up(&plan).await
    }
}
