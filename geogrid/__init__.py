"""Grid management (网格化管理) of an urban district: layers, locate, incidents, figures."""
