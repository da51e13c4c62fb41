"""Mail that comes back: bounces and complaints, believed when they carry our own proof."""
