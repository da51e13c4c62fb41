"""Any metric by any two dimensions, as far as it may be told. Reads; changes nothing."""
