"""The units of the network, their hierarchy with its history, touchpoints and merges."""
