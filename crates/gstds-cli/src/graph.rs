//! The flags of the graph and of the solver for its Fiedler vector.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use gstds::{Affinity, GramSchmidt, Laplacian, Options, Path, Solver, Storage};

#[derive(clap::Args)]
#[command(next_help_heading = "Graph")]
pub(crate) struct GraphArgs {
    /// Edge weight of a cosine similarity.
    ///
    /// raw takes it as it is, shift (1 + s) / 2, clamp max(s, 0), exp exp((s − 1) / τ); knn keeps
    /// only the edges to the most similar rows. auto is raw where no similarity is negative, else
    /// shift.
    #[arg(long, default_value = Affinity::default().name(), value_parser = named(Affinity::ALL, Affinity::name))]
    affinity: Affinity,
    /// Scale τ of affinity exp, above 0.
    ///
    /// The smaller, the less distant rows count.
    #[arg(long, value_name = "T", default_value_t = Options::default().tau)]
    tau: f64,
    /// Edges of a row under affinity knn.
    ///
    /// Each row is joined to this many most similar ones, 1 to 64.
    #[arg(long, value_name = "K", default_value_t = Options::default().neighbours)]
    neighbours: u32,
    /// Laplacian of the graph.
    ///
    /// sym is the normalised one, un is D − W.
    #[arg(long, default_value = Laplacian::default().name(), value_parser = named(Laplacian::ALL, Laplacian::name))]
    laplacian: Laplacian,
    /// How the Fiedler vector is found.
    #[arg(long, default_value = Solver::default().name(), value_parser = named(Solver::ALL, Solver::name))]
    solver: Solver,
    /// Most solver steps [default: by the affinity].
    ///
    /// Up to 256 of lanczos, up to 4096 of power.
    #[arg(long, value_name = "N")]
    steps: Option<u32>,
    /// Orthogonalisation of Lanczos.
    ///
    /// twice, or delayed with half the dispatches; auto takes delayed on a GPU. Both keep the same
    /// rows but for rounding.
    #[arg(long, value_name = "HOW", default_value = GramSchmidt::default().name(), value_parser = named(GramSchmidt::ALL, GramSchmidt::name))]
    gram_schmidt: GramSchmidt,
    /// How the graph is held.
    ///
    /// auto takes the cheapest for the shape. dense holds all pairs of rows, 4 bytes each. fused
    /// does too, and solves in one dispatch: up to 512 rows, lanczos. low-rank holds no pairs and
    /// goes up to 1,048,576 rows: affinities auto, raw and shift.
    #[arg(long, default_value = Path::default().name(), value_parser = named(Path::ALL, Path::name))]
    path: Path,
    /// How numbers are stored.
    ///
    /// Those of unit rows and of pairs: full is f32, half f16 in half the memory.
    #[arg(long, default_value = Storage::default().name(), value_parser = named(Storage::ALL, Storage::name))]
    storage: Storage,
}

impl GraphArgs {
    /// The preset `gstds` with these flags.
    pub(crate) fn options(&self) -> Options {
        Options::gstds()
            .affinity(self.affinity)
            .tau(self.tau)
            .neighbours(self.neighbours)
            .laplacian(self.laplacian)
            .solver(self.solver)
            .gram_schmidt(self.gram_schmidt)
            .steps(self.steps)
            .path(self.path)
            .storage(self.storage)
    }
}

/// Takes the names that the kernel crate gives its choices.
pub(crate) fn named<T: Copy + Send + Sync + 'static>(
    all: &'static [T],
    name: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    let names = PossibleValuesParser::new(all.iter().map(|&choice| name(choice)));
    names.try_map(move |text| {
        let choice = all.iter().copied().find(|&choice| name(choice) == text);
        choice.ok_or("not one of the choices")
    })
}
