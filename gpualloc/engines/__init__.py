"""The engines that find plans and prove bounds."""
