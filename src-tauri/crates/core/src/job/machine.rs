//! What can be asked of every machine of states.

/// Gives a state its `name`, its legal moves and their table, from its own `NAMES` and `index`, and
/// the `CAN_BECOME` that stands beside it: a row for each state, in it the indexes of the next.
macro_rules! machine {
    ($state:ty) => {
        impl $state {
            #[must_use]
            pub fn name(&self) -> &'static str {
                Self::NAMES[self.index()]
            }

            #[must_use]
            pub fn can_become(&self, next: &Self) -> bool {
                CAN_BECOME[self.index()].contains(&next.index())
            }

            /// Where a state may go, by name; the diagram in `docs/states` is made of it.
            #[must_use]
            pub fn table() -> Vec<(&'static str, Vec<&'static str>)> {
                $crate::job::machine::table(&Self::NAMES, &CAN_BECOME)
            }
        }
    };
}

pub(crate) use machine;

/// Where each state may go, by name.
pub(crate) fn table<const N: usize>(
    names: &[&'static str; N],
    rows: &[&[usize]; N],
) -> Vec<(&'static str, Vec<&'static str>)> {
    let named = |row: &&[usize]| row.iter().map(|to| names[*to]).collect();
    names
        .iter()
        .zip(rows)
        .map(|(from, row)| (*from, named(row)))
        .collect()
}
