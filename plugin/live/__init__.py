"""Live linked views inside ParaView: ground truth, predictions and their errors."""
