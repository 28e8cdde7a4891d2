//! A network as bytes, believed only whole.
//!
//! Little endian: version (u16), link (u8: 0 identity, 1 logistic), the inputs, the number of layers (u8), the width of each
//! (u16), the means (f32), then of each layer biases and weights (f32).

use super::{LAYERS_MAX, Layer, Network};
use crate::bytes::{DamagedError, Rest, TooLargeError};
use crate::inputs::Inputs;
use crate::trees::Link;

const VERSION: u16 = 1;

impl Network {
    /// As bytes, always the same for the same network.
    ///
    /// # Errors
    ///
    /// If it has more than 65535 inputs, or a name or word longer than 65535 bytes.
    pub fn write(&self) -> Result<Vec<u8>, TooLargeError> {
        let mut bytes = VERSION.to_le_bytes().to_vec();
        bytes.push(u8::from(self.link == Link::Logistic));
        self.inputs.write(&mut bytes)?;
        bytes.push(u8::try_from(self.layers.len()).map_err(|_| TooLargeError("layers"))?);
        for layer in &self.layers {
            bytes.extend(u16::try_from(layer.width()).map_err(|_| TooLargeError("neurons"))?.to_le_bytes());
        }
        let of_layers = self.layers.iter().flat_map(|layer| layer.biases.iter().chain(&layer.weights));
        bytes.extend(self.means.iter().chain(of_layers).flat_map(|number| number.to_le_bytes()));
        Ok(bytes)
    }

    /// Of bytes from anywhere.
    ///
    /// # Errors
    ///
    /// If they are not what [`Network::write`] gives.
    pub fn read(bytes: &[u8]) -> Result<Network, DamagedError> {
        let mut rest = Rest(bytes);
        rest.version(VERSION)?;
        let link = read_link(&mut rest)?;
        let inputs = Inputs::read(&mut rest)?;
        let widths = read_widths(&mut rest)?;
        let means = rest.singles(inputs.places(), "the means")?;
        let mut before = inputs.places();
        let mut layers = Vec::new();
        for width in widths {
            let biases = rest.singles(width, "biases")?;
            layers.push(Layer { weights: rest.singles(before * width, "weights")?, biases });
            before = width;
        }
        rest.end()?;
        Ok(Network::new(inputs, means, layers, link)?)
    }
}

fn read_link(rest: &mut Rest) -> Result<Link, DamagedError> {
    match rest.take("the link")? {
        [0] => Ok(Link::Identity),
        [1] => Ok(Link::Logistic),
        [found] => Err(DamagedError::Value { what: "the link", found: found.into(), expected: "0 or 1" }),
    }
}

fn read_widths(rest: &mut Rest) -> Result<Vec<usize>, DamagedError> {
    let [layers] = rest.take("the number of layers")?;
    if usize::from(layers) > LAYERS_MAX {
        return Err(DamagedError::Value { what: "the number of layers", found: layers.into(), expected: "4 at most" });
    }
    (0..layers).map(|_| Ok(rest.short("the width of a layer")?.into())).collect()
}
