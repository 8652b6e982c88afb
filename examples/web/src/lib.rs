//! What `page.js` calls: a GPU of the browser's, and selections among the rows of an .npy file.

pub mod npy;

use gstds::{
    Features, Keep, Options, Selector, Shape,
    adapter::{AdapterRequest, Gpu, open_async},
};
use std::sync::Arc;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console, js_name = error)]
    fn log_error(message: &str);
}

/// An opened GPU.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Page {
    gpu: Gpu,
}

/// What one selection found.
#[wasm_bindgen(getter_with_clone)]
#[derive(Clone, Debug)]
pub struct Found {
    /// Numbers of the kept rows, ascending.
    pub kept: Vec<u32>,
    /// Score of every row.
    pub scores: Vec<f32>,
    /// Rows in the file.
    pub rows: usize,
    /// Features of each row.
    pub features: usize,
    /// Algebraic connectivity.
    pub lambda2: f32,
    /// Residual of the Fiedler vector.
    pub residual: f32,
    /// What was out of the ordinary, by name.
    pub flags: String,
    /// The path that was taken.
    pub path: String,
}

#[wasm_bindgen]
impl Page {
    /// Asks the browser for a GPU.
    ///
    /// # Errors
    /// Where it has none, or WebGPU is turned off.
    pub async fn open() -> Result<Page, JsError> {
        let gpu = open_async(&AdapterRequest::default()).await?;
        let uncaptured = |error: gstds::wgpu::Error| log_error(&error.to_string());
        gpu.device.on_uncaptured_error(Arc::new(uncaptured));
        Ok(Self { gpu })
    }

    /// Selects this share of the rows of an .npy file, by the rule and the Laplacian of these names.
    /// The file's bytes stay in the page.
    ///
    /// # Errors
    /// A file that is no matrix of floats, and what [`gstds::Error`] has.
    pub async fn select(
        &self,
        file: Vec<u8>,
        ratio: f64,
        rule: String,
        laplacian: String,
    ) -> Result<Found, JsError> {
        let npy::Rows {
            values,
            rows,
            features,
        } = npy::read(&file)?;
        let options = Options::gstds()
            .rule(rule.parse()?)
            .laplacian(laplacian.parse()?);
        let (device, queue) = (&self.gpu.device, &self.gpu.queue);
        let selector = Selector::new(device, &options)?;
        let mut batch = selector.prepare_async(Shape { rows, features }).await?;
        let buffer = self.gpu.upload("features", &values)?;

        let mut encoder = device.create_command_encoder(&Default::default());
        let keep = Keep::Ratio(ratio);
        let kept = batch.encode(&mut encoder, Features::new(&buffer), keep)?;
        queue.submit([encoder.finish()]);

        let status = batch.read_status_async(queue).await?;
        let mut scores = vec![0.0; rows];
        if status.steps > 0 {
            scores = batch.read_scores_async(queue, rows).await?;
        }
        Ok(Found {
            kept: batch.read_kept_async(queue, kept).await?,
            scores,
            rows,
            features,
            lambda2: status.lambda2,
            residual: status.residual,
            flags: status.flags().to_string(),
            path: batch.path().to_string(),
        })
    }
}
