"""Who a visitor is: cookies and sessions."""
