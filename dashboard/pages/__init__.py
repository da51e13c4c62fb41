"""Pages: component trees and their named callbacks, registered through the one wiring decorator."""
