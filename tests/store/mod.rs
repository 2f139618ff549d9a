//! Files under `.secrets/`: what may stand there, and what is refused before it is read.

mod hostile;
mod pins;
mod places;
mod team;
