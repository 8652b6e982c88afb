//! What the reference's loss of a row is: [`gstds_curate::label_graph`] is the vote,
//! [`gstds_models::linear_probe`] the probes.

gstds_data::named! {
    /// Where the reference's loss of a row comes from, for the methods that use one.
    ReferenceLoss, "reference loss", {
        /// The vote of similar rows on the row's label.
        Graph = "graph",
        /// Linear probes that were not fitted to the row.
        Probe = "probe",
    }
}
