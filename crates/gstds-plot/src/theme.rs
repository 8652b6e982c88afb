//! Colours, dashes and markers, for light and for dark ground.

use plotters::style::RGBColor;

/// The ground that a picture is drawn on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Dark lines on white.
    Light,
    /// Light lines on near-black.
    Dark,
}

impl Theme {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Light, Self::Dark];

    pub(super) const fn palette(self) -> &'static Palette {
        match self {
            Self::Light => &LIGHT,
            Self::Dark => &DARK,
        }
    }
}

/// The colours of a theme. Those of series differ in lightness as well as in hue, and neighbours stay
/// distinct under red-green and blue-yellow colour blindness.
pub(super) struct Palette {
    pub ground: RGBColor,
    pub text: RGBColor,
    pub faint: RGBColor,
    pub grid: RGBColor,
    series: [RGBColor; 6],
    /// From low to high.
    heat: [RGBColor; 5],
}

const LIGHT: Palette = Palette {
    ground: RGBColor(255, 255, 255),
    text: RGBColor(28, 32, 36),
    faint: RGBColor(88, 96, 104),
    grid: RGBColor(224, 228, 232),
    series: [
        RGBColor(0, 98, 160),
        RGBColor(208, 84, 0),
        RGBColor(0, 122, 92),
        RGBColor(176, 64, 130),
        RGBColor(110, 84, 0),
        RGBColor(64, 64, 72),
    ],
    heat: HEAT,
};

const DARK: Palette = Palette {
    ground: RGBColor(18, 21, 24),
    text: RGBColor(232, 235, 238),
    faint: RGBColor(164, 172, 180),
    grid: RGBColor(48, 54, 60),
    series: [
        RGBColor(96, 180, 240),
        RGBColor(255, 152, 72),
        RGBColor(64, 208, 160),
        RGBColor(236, 148, 204),
        RGBColor(222, 190, 80),
        RGBColor(200, 204, 210),
    ],
    heat: HEAT,
};

/// Dark blue through grey to yellow; lightness rises evenly.
const HEAT: [RGBColor; 5] = [
    RGBColor(6, 30, 80),
    RGBColor(58, 78, 112),
    RGBColor(120, 122, 122),
    RGBColor(184, 168, 98),
    RGBColor(252, 226, 70),
];

/// The shape of a series' points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marker {
    Circle,
    Square,
    Triangle,
    Diamond,
    Cross,
}

/// How a series is drawn: colour, dash (pixels drawn and skipped; none for a solid line) and marker.
/// Their numbers have no common factor, so combinations repeat late.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct SeriesStyle {
    pub colour: RGBColor,
    pub dash: Option<(u32, u32)>,
    pub marker: Marker,
}

impl Palette {
    /// The CSS variables of everything but the heat scale, with their values.
    pub(super) fn variables(&self) -> impl Iterator<Item = (String, String)> {
        let fixed = [
            ("ground", self.ground),
            ("text", self.text),
            ("faint", self.faint),
            ("grid", self.grid),
        ];
        let fixed = fixed.map(|(name, colour)| (format!("--{name}"), hex(colour)));
        let series = (1..).zip(self.series);
        let series = series.map(|(number, colour)| (format!("--series-{number}"), hex(colour)));
        fixed.into_iter().chain(series)
    }

    pub(super) fn series_style(&self, series: usize) -> SeriesStyle {
        const DASHES: [Option<(u32, u32)>; 4] = [None, Some((7, 4)), Some((2, 3)), Some((12, 5))];
        const MARKERS: [Marker; 5] = [
            Marker::Circle,
            Marker::Square,
            Marker::Triangle,
            Marker::Diamond,
            Marker::Cross,
        ];
        SeriesStyle {
            colour: self.series[series % self.series.len()],
            dash: DASHES[series % DASHES.len()],
            marker: MARKERS[series % MARKERS.len()],
        }
    }

    /// The colour of a share, clamped to 0 to 1.
    pub(super) fn heat(&self, share: f32) -> RGBColor {
        let steps = (self.heat.len() - 1) as f32;
        let place = share.clamp(0.0, 1.0) * steps;
        let below = (place.floor() as usize).min(self.heat.len() - 2);
        let (from, to) = (self.heat[below], self.heat[below + 1]);
        let part = place - below as f32;
        let mix = |from: u8, to: u8| {
            (f32::from(from) + part * (f32::from(to) - f32::from(from))).round() as u8
        };
        RGBColor(mix(from.0, to.0), mix(from.1, to.1), mix(from.2, to.2))
    }
}

/// A colour as CSS, and as plotters, writes it.
fn hex(RGBColor(red, green, blue): RGBColor) -> String {
    format!("#{red:02X}{green:02X}{blue:02X}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance, WCAG 2.
    fn luminance(colour: RGBColor) -> f64 {
        let linear = |value: u8| {
            let value = f64::from(value) / 255.0;
            match value <= 0.04045 {
                true => value / 12.92,
                false => ((value + 0.055) / 1.055).powf(2.4),
            }
        };
        0.2126 * linear(colour.0) + 0.7152 * linear(colour.1) + 0.0722 * linear(colour.2)
    }

    fn contrast(one: RGBColor, two: RGBColor) -> f64 {
        let (one, two) = (luminance(one) + 0.05, luminance(two) + 0.05);
        one.max(two) / one.min(two)
    }

    #[test]
    fn text_and_lines_contrast_with_the_ground() {
        for palette in [&LIGHT, &DARK] {
            assert!(contrast(palette.text, palette.ground) > 7.0);
            assert!(contrast(palette.faint, palette.ground) > 4.5);
            for colour in palette.series {
                assert!(contrast(colour, palette.ground) > 3.0, "{colour:?}");
            }
        }
    }

    /// SVGs are drawn in the light theme, and its colours then replaced by variables.
    #[test]
    fn every_variable_of_the_light_theme_has_a_colour_of_its_own() {
        let colours: std::collections::HashSet<String> =
            LIGHT.variables().map(|(_, colour)| colour).collect();
        assert_eq!(colours.len(), LIGHT.variables().count());
    }

    #[test]
    fn series_differ_by_more_than_colour() {
        let looks: Vec<SeriesStyle> = (0..40).map(|series| LIGHT.series_style(series)).collect();
        for (place, look) in looks.iter().enumerate() {
            let twin = looks[..place]
                .iter()
                .any(|other| (other.dash, other.marker) == (look.dash, look.marker));
            assert!(place >= 20 || !twin, "{place}");
            assert!(!looks[..place].contains(look), "{place}");
        }
    }

    #[test]
    fn heat_rises_in_lightness() {
        let scale: Vec<f64> = (0..=20)
            .map(|share| luminance(LIGHT.heat(share as f32 / 20.0)))
            .collect();
        assert!(scale.windows(2).all(|pair| pair[0] < pair[1]), "{scale:?}");
        assert_eq!(LIGHT.heat(-1.0), LIGHT.heat(0.0));
        assert_eq!(LIGHT.heat(f32::INFINITY), LIGHT.heat(1.0));
    }
}
