//! Contact sheets: strips of small images with captions.

use crate::{
    canvas::{Canvas, DrawResult, encode_png, failed, on_pixels, text, truncated},
    error::Result,
    theme::{Palette, Theme},
};
use image::{Rgb, RgbImage, imageops};
use plotters::{
    backend::DrawingBackend,
    element::{Rectangle, Text},
    style::{
        Color,
        text_anchor::{HPos, Pos, VPos},
    },
};

/// Pixels: side of a picture, gap between pictures, height of a strip's title and of a caption.
const SIDE: u32 = 128;
const GAP: u32 = 16;
const TITLE: u32 = 44;
const CAPTION: u32 = 34;
const LETTERS: f64 = 24.0;
/// Most pictures on a sheet.
const MOST: usize = 4096;

/// An image on a sheet.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Its pixels, of any size.
    pub image: RgbImage,
    /// A few words below it; truncated to its width.
    pub caption: String,
    /// Whether it is framed.
    pub marked: bool,
}

/// Pictures that belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct Strip {
    /// The title above them; may be empty.
    pub title: String,
    /// The pictures from left to right, in as many rows as they need.
    pub pictures: Vec<Picture>,
}

/// A contact sheet.
#[derive(Clone, Debug, PartialEq)]
pub struct ContactSheet {
    /// Pictures per row; 1 or more.
    pub columns: usize,
    /// Its strips, from top to bottom.
    pub strips: Vec<Strip>,
}

/// Where everything is on a sheet, in pixels.
struct SheetLayout<'a> {
    /// Titles and their tops.
    titles: Vec<(&'a str, u32)>,
    pictures: Vec<Placed<'a>>,
    height: u32,
}

/// A picture and its upper left corner.
struct Placed<'a> {
    picture: &'a Picture,
    x: u32,
    y: u32,
}

impl ContactSheet {
    /// Renders the sheet as PNG, 144 pixels per column and 178 per row of pictures. Images keep their
    /// proportions; small ones are enlarged pixel by pixel.
    ///
    /// # Errors
    /// [`Error`](crate::Error) for more than 4,096 pictures.
    pub fn png(&self, theme: Theme) -> Result<Vec<u8>> {
        let count: usize = self.strips.iter().map(|strip| strip.pictures.len()).sum();
        let columns = self.columns.max(1);
        if count > MOST || columns > MOST {
            return Err(failed(format!(
                "{count} pictures in {columns} columns are too many for a contact sheet; the limit is {MOST} of either"
            )));
        }
        let SheetLayout {
            titles,
            pictures,
            height,
        } = self.layout(columns as u32);
        let width = GAP + columns as u32 * (SIDE + GAP);
        let palette = theme.palette();
        let ground = Rgb([palette.ground.0, palette.ground.1, palette.ground.2]);
        let mut sheet = RgbImage::from_pixel(width, height, ground);
        for placed in &pictures {
            paste(&mut sheet, placed);
        }
        on_pixels(&mut sheet, |canvas| {
            for (words, top) in &titles {
                title(canvas, palette, words, *top)?;
            }
            pictures
                .iter()
                .try_for_each(|placed| caption(canvas, palette, placed))
        })?;
        encode_png(&sheet)
    }

    fn layout(&self, columns: u32) -> SheetLayout<'_> {
        let (mut titles, mut pictures) = (Vec::new(), Vec::new());
        let mut top = GAP;
        for strip in &self.strips {
            if !strip.title.is_empty() {
                titles.push((strip.title.as_str(), top));
                top += TITLE;
            }
            for (number, picture) in strip.pictures.iter().enumerate() {
                let (row, column) = (number as u32 / columns, number as u32 % columns);
                pictures.push(Placed {
                    picture,
                    x: GAP + column * (SIDE + GAP),
                    y: top + row * (SIDE + CAPTION + GAP),
                });
            }
            let rows = (strip.pictures.len() as u32).div_ceil(columns);
            top += rows * (SIDE + CAPTION + GAP);
        }
        SheetLayout {
            titles,
            pictures,
            height: top,
        }
    }
}

fn paste(sheet: &mut RgbImage, &Placed { picture, x, y }: &Placed<'_>) {
    let image = &picture.image;
    let longer = image.width().max(image.height());
    if longer == 0 {
        return;
    }
    let scaled = |side: u32| (u64::from(side) * u64::from(SIDE) / u64::from(longer)).max(1) as u32;
    let (width, height) = (scaled(image.width()), scaled(image.height()));
    // Enlarged images show their pixels, reduced ones are smooth.
    let filter = match longer <= SIDE / 2 {
        true => imageops::FilterType::Nearest,
        false => imageops::FilterType::Triangle,
    };
    let small = imageops::resize(image, width, height, filter);
    let (right, down) = ((SIDE - width) / 2, (SIDE - height) / 2);
    imageops::replace(sheet, &small, i64::from(x + right), i64::from(y + down));
}

fn title<DB: DrawingBackend>(
    canvas: &Canvas<DB>,
    palette: &Palette,
    words: &str,
    top: u32,
) -> DrawResult<DB> {
    let style = text(LETTERS, 1, palette.text, Pos::new(HPos::Left, VPos::Center));
    let room = canvas.dim_in_pixel().0.saturating_sub(2 * GAP);
    let (words, _) = truncated(canvas, words, &style, room)?;
    let place = (GAP as i32, (top + TITLE / 2) as i32);
    canvas.draw(&Text::new(words, place, style))
}

fn caption<DB: DrawingBackend>(
    canvas: &Canvas<DB>,
    palette: &Palette,
    &Placed { picture, x, y }: &Placed<'_>,
) -> DrawResult<DB> {
    let (x, y, side) = (x as i32, y as i32, SIDE as i32);
    if picture.marked {
        for width in 2..7 {
            let corners = [
                (x - width, y - width),
                (x + side + width - 1, y + side + width - 1),
            ];
            canvas.draw(&Rectangle::new(corners, palette.text.stroke_width(1)))?;
        }
    }
    let anchor = Pos::new(HPos::Center, VPos::Center);
    let style = text(LETTERS, 1, palette.faint, anchor);
    let (words, _) = truncated(canvas, &picture.caption, &style, SIDE)?;
    let place = (x + side / 2, y + side + 6 + CAPTION as i32 / 2);
    canvas.draw(&Text::new(words, place, style))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(side: (u32, u32), colour: [u8; 3], marked: bool) -> Picture {
        Picture {
            image: RgbImage::from_pixel(side.0, side.1, Rgb(colour)),
            caption: "kept 12 times, or about that".into(),
            marked,
        }
    }

    #[test]
    fn pictures_of_any_size_lie_in_their_places() {
        let sheet = ContactSheet {
            columns: 2,
            strips: vec![
                Strip {
                    title: "most <kept>".into(),
                    pictures: vec![
                        picture((28, 28), [200, 0, 0], false),
                        picture((300, 150), [0, 200, 0], true),
                        picture((1, 40), [0, 0, 200], false),
                    ],
                },
                Strip {
                    title: String::new(),
                    pictures: vec![picture((0, 0), [0; 3], false)],
                },
            ],
        };
        for theme in Theme::ALL {
            let bytes = sheet.png(theme).unwrap();
            let image = image::load_from_memory(&bytes).unwrap().to_rgb8();
            assert_eq!(
                image.dimensions(),
                (GAP + 2 * (SIDE + GAP), GAP + TITLE + 3 * 178)
            );
            let top = GAP + TITLE;
            let (right, below) = (GAP + SIDE + GAP, top + 178);
            let at = |x, y| image.get_pixel(x, y).0;
            assert_eq!(at(GAP, top), [200, 0, 0]);
            assert_eq!(at(GAP + SIDE - 1, top + SIDE - 1), [200, 0, 0]);
            // Twice as wide as high: above and below is the sheet, then the frame.
            let palette = theme.palette();
            let ground = [palette.ground.0, palette.ground.1, palette.ground.2];
            let text = [palette.text.0, palette.text.1, palette.text.2];
            assert_eq!(at(right + 64, top + 64), [0, 200, 0]);
            assert_eq!(at(right + 64, top + 10), ground);
            assert_eq!(at(right + 64, top - 4), text);
            assert_eq!(at(GAP + 64, below + 64), [0, 0, 200]);
            assert_eq!(at(GAP + 50, below + 64), ground);
        }
    }

    #[test]
    fn a_sheet_that_is_too_large_is_refused() {
        let sheet = ContactSheet {
            columns: 5000,
            strips: Vec::new(),
        };
        let message = sheet.png(Theme::Light).unwrap_err().to_string();
        assert!(message.contains("5000 columns"), "{message}");
    }
}
