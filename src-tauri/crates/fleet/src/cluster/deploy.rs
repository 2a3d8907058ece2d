//! Deploying a cluster file: its ISOs into the library, then one deployment per card.

use std::{collections::BTreeSet, path::PathBuf};

use slipway_core::{batch::BatchRules, cluster::Import};

use super::{ClusterRequest, find::IsoState};
use crate::{AppError, Fleet, batches::Begun};

impl Fleet {
    /// The ISO files that a deployment would import first.
    ///
    /// # Errors
    /// The database.
    pub async fn cluster_imports(
        &self,
        import: &Import,
        request: &ClusterRequest,
    ) -> Result<BTreeSet<PathBuf>, AppError> {
        let parts = self.cluster_parts(import, request).await?;
        let paths = parts.into_iter().filter_map(|part| match part.iso {
            IsoState::ToImport(path) => Some(path),
            IsoState::InLibrary(_) | IsoState::Missing { .. } => None,
        });
        Ok(paths.collect())
    }

    /// Submits a deployment of the chosen card, or one batch of the chosen cards; all or none.
    ///
    /// # Errors
    /// A plan with problems, each named; rules that can't be meant.
    pub async fn deploy_cluster(
        &self,
        import: &Import,
        request: &ClusterRequest,
        rules: &BatchRules,
    ) -> Result<Begun, AppError> {
        let plan = self.plan_cluster(import, request).await?;
        plan.refuse_problems()?;
        let mut planned = Vec::new();
        for part in self.cluster_parts(import, request).await? {
            let IsoState::InLibrary(iso) = &part.iso else {
                let name = &part.cluster.name;
                return Err(
                    AppError::refused(format!("the ISO of {name} is not in the library"))
                        .hint("import it: `slipctl iso import`"),
                );
            };
            if let Some((request, names)) = part.request(&iso.id, request) {
                planned.extend(self.deploy_specs(&request, &names).await?);
            }
        }
        let begun = self.begin(plan.title, planned, rules).await?;
        for told in self.pair_cluster(import, request).await? {
            tracing::info!(file = import.source.name(), "{told}");
        }
        Ok(begun)
    }
}
