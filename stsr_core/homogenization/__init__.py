"""Numerical homogenization by continuous super-resolution of finite element solutions (NH-CSR)."""
