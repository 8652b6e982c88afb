//! `inspect`: the page of a selection's pictures.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use gstds::{Keep, Rule};
use gstds_curate::inspect::Inspection;
use gstds_curate::{
    DevicePlan, DuplicateSearch, InputFiles, MAX_HOST_COMPARED_ROWS, Partition, PoolPlan,
    SelectRequest,
};
use gstds_data::output_file::OutputFile;
use numpy::PyUntypedArray;
use pyo3::prelude::*;

use crate::array::ArrayRows;
use crate::near_duplicates::search;
use crate::options::GraphOptions;
use crate::{device, job};

/// What is drawn, and where it is written, from a mapping with these keys.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Drawing {
    /// Kept rows.
    kept: Vec<u32>,
    near_duplicates: f32,
    /// The image of each row.
    images: Option<Vec<PathBuf>>,
    /// A folder, or the .html file of the page alone.
    out: Option<PathBuf>,
    /// Whether files are replaced.
    force: bool,
}

impl Drawing {
    /// A selection from all rows as one graph, of as many rows as were kept.
    fn request(
        &self,
        options: GraphOptions,
        rows: usize,
    ) -> PyResult<(&'static str, SelectRequest)> {
        let coverage = options.coverage(&[]);
        let mut options = options.of_pool()?;
        let rule = coverage.map_or(options.rule.name(), |by| by.rule.name());
        if options.rule == Rule::Random {
            options = options.rule(Rule::default());
        }
        let threshold = self.near_duplicates;
        let request = SelectRequest {
            keep: Keep::Count(self.kept.len()),
            options,
            partition: Partition::Whole,
            coverage: None,
            near_duplicates: (rows <= MAX_HOST_COMPARED_ROWS).then(|| DuplicateSearch {
                drop: false,
                ..search(threshold)
            }),
            label_suspects: None,
        };
        let request = request.for_inspection();
        Ok((rule, request.map_err(|e| crate::error::from_curate(&e))?))
    }

    /// Checks before the work that nothing is replaced which shall not be.
    fn check(&self) -> gstds_curate::Result<()> {
        let Some(out) = &self.out else { return Ok(()) };
        let read = InputFiles {
            root: ".".into(),
            images: self.images.as_deref().unwrap_or_default(),
            ..InputFiles::default()
        };
        match OutputFile::of_page(out, self.force)? {
            Some(_) => read.check_file(out),
            None => {
                Inspection::check(out, self.force)?;
                Inspection::places(out).try_for_each(|place| read.check_file(&place))
            }
        }
    }

    fn write(&self, drawn: &Inspection) -> gstds_curate::Result<()> {
        let Some(out) = &self.out else { return Ok(()) };
        match OutputFile::of_page(out, self.force)? {
            Some(page) => page.write(|file| file.write_all(drawn.page().as_bytes()))?,
            None => drop(drawn.write(out, self.force)?),
        }
        Ok(())
    }
}

/// The page; written to a file or folder where one is named.
#[pyfunction]
#[pyo3(signature = (features, *, options, drawing, adapter, report))]
pub(crate) fn inspect(
    features: &Bound<'_, PyUntypedArray>,
    options: GraphOptions,
    drawing: Drawing,
    adapter: Option<String>,
    report: Option<&Bound<'_, PyAny>>,
) -> PyResult<String> {
    let (py, rows) = (features.py(), ArrayRows::new(features)?);
    let (rule, request) = drawing.request(options, features.len()?)?;
    job::run(py, report, move |watch| {
        drawing.check()?;
        let mut pool = rows.into_pool();
        if let Some(images) = &drawing.images {
            pool = pool.with_images(Path::new(".").into(), images.clone())?;
        }
        let plan = PoolPlan::new(&request, pool.layout(), pool.paths())?;
        let drawn = device::on(adapter.as_deref(), |opened| {
            let device = DevicePlan::new(&opened.gpu, &plan)?;
            device.inspect_kept(&mut pool, rule, &drawing.kept, watch)
        })?;
        drawing.write(&drawn)?;
        Ok(drawn.page().to_owned())
    })
}
