"""What stands between the data and whoever looks at it: masks, a confined engine, texts that are no formulas."""
